import Foundation
import PrivateRedis
import TestSupport
import Testing

/// Whoever ends a measurement ends what it has started.
@Suite struct BenchEndsTests {
  @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
  func `a limiterd that is measured does not outlive its benchmark`(_ signal: Int32) async throws {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let bench = try ChildProcess(
      executable: URL(filePath: own).deletingLastPathComponent().appending(path: "limiterd-bench").path,
      arguments: ["rest", "--seconds", "600"])
    defer { bench.signal(SIGKILL) }
    var limiterd: Int32?
    try await eventually("limiterd runs", within: .seconds(40)) {
      limiterd = processes().first { parent(of: $0) == bench.pid && isLimiterd($0) }
      return limiterd != nil
    }
    let pid = try #require(limiterd)
    // It would end by itself if its policy went away before it is read.
    let socket = try #require(words(of: pid).first { $0.hasSuffix("/limiterd.sock") })
    try await eventually("it listens", within: .seconds(40)) { FileManager.default.fileExists(atPath: socket) }
    bench.signal(signal)
    _ = await bench.end()
    try await eventually("limiterd is gone", within: .seconds(20)) { !isLimiterd(pid) }
  }

  private func processes() -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
  }

  private func parent(of pid: Int32) -> Int32? {
    let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    // The name before it may have spaces in it.
    return stat.split(separator: ") ").last?.split(separator: " ").dropFirst().first.flatMap { Int32($0) }
  }

  private func isLimiterd(_ pid: Int32) -> Bool { words(of: pid).dropFirst().first == "serve" }

  private func words(of pid: Int32) -> [String] {
    ((try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? "").split(separator: "\0").map(
      String.init)
  }
}
