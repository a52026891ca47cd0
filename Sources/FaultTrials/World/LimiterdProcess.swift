import Foundation
import PrivateRedis

/// A `limiterd serve` at a socket of its own.
final class LimiterdProcess: Sendable {
  let process: ChildProcess
  let log: String

  /// - Parameters:
  ///   - folder: it works in it, so that it does not outlive us, however we end.
  ///   - number: of its socket and its log.
  init(executable: String, folder: String, number: Int, life: Int, redis: String) throws {
    log = "\(folder)/limiterd-\(number).\(life).log"
    process = try ChildProcess(
      executable: executable,
      arguments: [
        "serve", "--config", "\(folder)/policy.yaml", "--socket", Self.socket(number, in: folder), "--redis", redis,
      ], directory: folder, output: log)
  }

  static func socket(_ number: Int, in folder: String) -> String { "\(folder)/d\(number).sock" }

  var text: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  func waitUntilItListens() async throws {
    try await waitUntil("limiterd listens", within: TrialBounds.limiterdStart) {
      if !process.isRunning { throw TrialError("limiterd has ended: \(text.suffix(600))") }
      return text.contains("listens at")
    }
  }
}
