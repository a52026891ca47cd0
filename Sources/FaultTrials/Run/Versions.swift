import Foundation
import PrivateRedis

/// What a proof was run with.
package struct Versions: Sendable, Codable {
  package var limiterd: String
  package var redis: String
  package var swift: String
  package var kernel: String
  package var processors: Int
  package var date: String

  static func read(_ programs: TrialPrograms) async throws -> Versions {
    let redis = try await output(try RedisExecutable.find(), ["--version"])
    let swift = (try? await output("/usr/bin/env", ["swift", "--version"])) ?? ""
    let limiterd = (try? await output(programs.limiterd, ["--version"])) ?? ""
    let commit =
      (try? await output("/usr/bin/env", ["git", "-C", folder(of: programs.limiterd), "rev-parse", "--short", "HEAD"]))
      ?? ""
    return Versions(
      limiterd: [limiterd.firstLine, commit.firstLine].filter { !$0.isEmpty }.joined(separator: ", commit "),
      redis: redis.split(separator: " ").first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) } ?? "",
      swift: swift.split(separator: "\n").first { $0.contains("Swift version") }.map {
        String($0.drop { !$0.isNumber }.prefix { $0 != " " })
      } ?? "",
      kernel: (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8).firstLine) ?? "",
      processors: ProcessInfo.processInfo.processorCount, date: Date.now.formatted(.iso8601.year().month().day()))
  }

  private static func folder(of program: String) -> String {
    URL(filePath: program).deletingLastPathComponent().path(percentEncoded: false)
  }

  private static func output(_ program: String, _ arguments: [String]) async throws -> String {
    let files = try GuardedDirectory(named: "versions")
    let process = try ChildProcess(
      executable: program, arguments: arguments, output: files.path + "/output", errors: "/dev/null")
    _ = await process.end()
    return try String(contentsOfFile: files.path + "/output", encoding: .utf8)
  }
}

extension String {
  fileprivate var firstLine: String { split(separator: "\n").first.map(String.init) ?? "" }
}
