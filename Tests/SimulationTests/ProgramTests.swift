import Foundation
import TestSupport
import Testing

@testable import Simulation

/// The program itself, with signals.
@Suite(.serialized) struct ProgramTests {
  /// A call whose way to the provider is longer than half of the guard may be refused, and machines are busy.
  private static let small = [
    "demo", "--workers", "2", "--limit", "requests=30/1s", "--limit", "tokens=40000/1s", "--guard", "1s", "--json",
  ]

  @Test func `a demo ends well, with the report in both forms`() async throws {
    try await withFolder { folder in
      let json = folder + "/report.json"
      let program = try Program(Self.small + [json, "--duration", "3"], folder: folder)
      let status = try await program.end(within: .seconds(60))
      #expect(status == 0, "\(program.errors)")
      #expect(program.output.contains("no violation"))
      let report = try JSONDecoder().decode(SimulationReport.self, from: Data(contentsOf: URL(filePath: json)))
      #expect(report.completed > 0)
      // Not a terminal: plain lines.
      #expect(!program.errors.contains("\u{1B}"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM]) func `a signal stops the arrivals, and the report comes`(_ signal: Int32)
    async throws
  {
    try await withFolder { folder in
      let json = folder + "/report.json"
      let program = try Program(Self.small + [json, "--duration", "600"], folder: folder)
      try await eventually("calls arrive", within: .seconds(60)) { program.errors.contains("arrived") }
      kill(program.pid, signal)
      let status = try await program.end(within: .seconds(60))
      #expect(status == 0, "\(program.errors)")
      #expect(program.output.contains("Interrupted after"))
      #expect(FileManager.default.fileExists(atPath: json))
    }
  }

  @Test(arguments: ["direct", "limiterd"])
  func `workers and limiterds do not outlive a killed parent`(_ route: String) async throws {
    try await withFolder { folder in
      let program = try Program(
        Self.small + [folder + "/report.json", "--duration", "600", "--via", route], folder: folder)
      try await eventually("calls arrive", within: .seconds(60)) { program.errors.contains("arrived") }
      let workers = children(of: program.pid, isWorker)
      let limiterds = children(of: program.pid, isLimiterd)
      #expect(workers.count >= 2)
      #expect(limiterds.count == (route == "direct" ? 0 : 2))
      kill(program.pid, SIGKILL)
      _ = try await program.end(within: .seconds(10))
      try await eventually("all workers are gone", within: .seconds(10)) { !workers.contains(where: isWorker) }
      try await eventually("all limiterds are gone", within: .seconds(10)) { !limiterds.contains(where: isLimiterd) }
    }
  }

  @Test func `a killed worker is a note, and its slots and calls are accounted for`() async throws {
    try await withFolder { folder in
      let json = folder + "/report.json"
      let program = try Program(Self.small + [json, "--duration", "6"], folder: folder)
      try await eventually("calls arrive", within: .seconds(60)) { program.errors.contains("arrived") }
      let worker = try #require(children(of: program.pid, isWorker).first)
      kill(worker, SIGKILL)
      let status = try await program.end(within: .seconds(60))
      // Something failed, although no limit was passed.
      #expect(status == 1, "\(program.errors)")
      #expect(program.output.contains("was ended by signal 9"))
      #expect(program.output.contains("no violation"))
    }
  }

  @Test func `a second signal ends the workers, which is no failure`() async throws {
    try await withFolder { folder in
      let program = try Program(Self.small + [folder + "/report.json", "--duration", "600"], folder: folder)
      try await eventually("calls arrive", within: .seconds(60)) { program.errors.contains("arrived") }
      kill(program.pid, SIGINT)
      try await eventually("the first signal is heard") { program.errors.contains("interrupted") }
      kill(program.pid, SIGINT)
      let status = try await program.end(within: .seconds(60))
      #expect(status == 0, "\(program.errors) \(program.output)")
      #expect(program.output.contains("Interrupted after"))
      #expect(program.output.contains("no violation"))
    }
  }

  @Test func `a report that cannot be printed is an error, and the file is written all the same`() async throws {
    try await withFolder { folder in
      let json = folder + "/report.json"
      let program = try Program(Self.small + [json, "--duration", "1"], folder: folder, output: "/dev/full")
      #expect(try await program.end(within: .seconds(60)) == 1)
      #expect(program.errors.contains("standard output: could not be written: No space left on device"))
      #expect(try JSONDecoder().decode(SimulationReport.self, from: Data(contentsOf: URL(filePath: json))).seconds > 0)
    }
  }

  @Test func `a file that cannot be written is an error, and the report is printed all the same`() async throws {
    try await withFolder { folder in
      // It looks as if it could be written.
      let program = try Program(Self.small + ["/dev/full", "--duration", "1"], folder: folder)
      #expect(try await program.end(within: .seconds(60)) == 1)
      #expect(program.output.hasPrefix("Ran"))
      #expect(program.errors.contains("--json: could not be written: No space left on device"))
    }
  }

  @Test func `a temporary folder that cannot be used is named, with what to do`() async throws {
    try await withFolder { folder in
      let program = try Program(
        ["demo", "--duration", "1"], folder: folder, environment: ["TMPDIR": "/nowhere"])
      #expect(try await program.end(within: .seconds(20)) == 1)
      #expect(program.errors.contains("could not make the folder /nowhere/limiterd-redis-"))
      #expect(program.errors.contains("No such file or directory; set TMPDIR"))
      #expect(!program.errors.contains("NSCocoaErrorDomain"))
      #expect(!program.errors.contains("apt-get"))
    }
  }

  @Test func `the trace may come from standard input`() async throws {
    try await withFolder { folder in
      let program = try Program(["simulate", "--trace", "-", "--limit", "requests=1/1s"], folder: folder)
      #expect(try await program.end(within: .seconds(20)) == 1)
      #expect(program.errors.contains("standard input: expected a header"))
    }
  }

  @Test func `the version and wrong usage`() async throws {
    try await withFolder { folder in
      let version = try Program(["--version"], folder: folder)
      #expect(try await version.end(within: .seconds(20)) == 0)
      #expect(version.output.split(separator: ".").count == 3)
    }
    try await withFolder { folder in
      let wrong = try Program(["demo", "--workers", "0"], folder: folder)
      #expect(try await wrong.end(within: .seconds(20)) == 64)
      #expect(wrong.errors.contains("expected a whole number from 1 to 256"))
    }
    try await withFolder { folder in
      let orphan = try Program(["simulate-worker"], folder: folder)
      #expect(try await orphan.end(within: .seconds(20)) == 1)
      #expect(orphan.output.contains("workers are started by"))
    }
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
  }

  private func children(of pid: Int32, _ isMeant: (Int32) -> Bool) -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return tasks.flatMap { task in
      let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(task)/children", encoding: .utf8)) ?? ""
      return text.split(separator: " ").compactMap { Int32($0) }
    }.filter(isMeant)
  }

  private func isWorker(_ pid: Int32) -> Bool { arguments(of: pid).contains("simulate-worker") }
  private func isLimiterd(_ pid: Int32) -> Bool { arguments(of: pid).contains("serve") }

  private func arguments(of pid: Int32) -> [Substring] {
    ((try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? "").split(separator: "\0")
  }
}

/// A process of `limiterd`, with what it writes in files. It is killed if the test forgets it.
final class Program {
  private let process = Process()
  private let folder: String

  var pid: Int32 { process.processIdentifier }
  var output: String { (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? "" }
  var errors: String { (try? String(contentsOfFile: folder + "/errors", encoding: .utf8)) ?? "" }

  /// - Parameters:
  ///   - output: where standard output goes; `nil`: a file.
  ///   - environment: what is different from ours.
  init(_ arguments: [String], folder: String, output: String? = nil, environment: [String: String] = [:]) throws {
    self.folder = folder
    for name in ["output", "errors"] { _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil) }
    process.executableURL = URL(filePath: Limiterd.path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle(forWritingAtPath: output ?? folder + "/output")
    process.standardError = FileHandle(forWritingAtPath: folder + "/errors")
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func end(within limit: Duration) async throws -> Int32 {
    try await eventually("the program ends", within: limit) { !process.isRunning }
    return process.terminationStatus
  }
}

/// The program that the tests were built with.
enum Limiterd {
  static var path: String {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "limiterd").path
  }
}
