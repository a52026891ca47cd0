import Foundation
import PrivateRedis
import TestSupport

/// `limiterctl`, asking this limiterd.
extension ServeProgram {
  func ctl(_ words: String...) async throws -> String { try await ctl(words) }

  func ctl(_ words: [String]) async throws -> String {
    let (end, text) = try await tryCtl(words)
    guard end == .exit(0) else { throw CommandFailed(description: "limiterctl \(words) ended with \(end): \(text)") }
    return text
  }

  /// What it told as JSON.
  func json(_ words: [String]) async throws -> Any {
    try JSONSerialization.jsonObject(with: Data(try await ctl(words + ["--json"]).utf8))
  }

  /// How it ended, and all that it wrote.
  func tryCtl(_ words: [String]) async throws -> (ChildProcess.End, String) {
    try await Limiterctl.run(words, environment: ["LIMITERD_SOCKET": socket])
  }
}

/// The program `limiterctl`.
enum Limiterctl {
  static var executable: String {
    URL(filePath: ServeProgram.executable).deletingLastPathComponent().appending(path: "limiterctl").path
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - environment: goes before ours.
  ///   - output: another file for its standard output, which is not returned then.
  ///   - outputDescriptor: or a descriptor.
  static func run(
    _ words: [String], environment: [String: String] = [:], output: String? = nil, outputDescriptor: Int32? = nil
  ) async throws -> (ChildProcess.End, String) {
    let files = try GuardedDirectory(named: "limiterctl")
    let written = files.path + "/output"
    let process = try ChildProcess(
      executable: executable, arguments: words,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: output ?? written,
      outputDescriptor: outputDescriptor, errors: written)
    let end = try await within(.seconds(30), "the end of limiterctl") { await process.end() }
    return (end, (try? String(contentsOfFile: written, encoding: .utf8)) ?? "")
  }
}
