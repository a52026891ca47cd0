import Foundation
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// What becomes of `limiterctl` when its standard output cannot be written.
  @Suite(.serialized) struct LimiterctlOutputTests {
    static let commands: [[String]] = [
      ["limits"], ["status"], ["top", "--looks", "1"], ["explain", "m"], ["permits"], ["queue"], ["queue", "--hosts"],
      ["cooldowns"], ["cooldowns", "clear", "all"], ["runs"],
    ]

    @Test func `a full disk is told, with the status 1`() async throws {
      let program = try await ServeProgram.start(LimiterctlTests.policy, redis: try await SharedRedis.url)
      let direct = ["--config", program.config, "--redis", try await SharedRedis.url]
      let all =
        Self.commands
        + Self.commands.filter { $0 != ["queue", "--hosts"] }.map { words in
          (words == ["limits"] ? ["limits", "m"] : words) + direct
        } + [["budget", "show"] + direct, ["budget", "adjust", "run:r", "1", "--run", "r", "--why", "x"] + direct]
      for words in all + (all + [["config", "check", program.config]]).map({ $0 + ["--json"] }) {
        let (end, said) = try await run(words, program, output: "/dev/full")
        #expect(end == .exit(1), "\(words)")
        #expect(
          said.hasPrefix("Error: standard output cannot be written: No space left on device"), "\(words): \(said)")
        if words.contains("adjust") { #expect(said.contains("the correction was done"), "\(said)") }
      }
      for words in [["--help"], ["--version"], ["limits", "--help"], ["config", "show"]] {
        let (end, said) = try await run(words, program, output: "/dev/full")
        #expect(end == .exit(1) && said.contains("No space left on device"), "\(words): \(end) \(said)")
      }
    }

    @Test func `a reader that has gone is no news: nothing is said, and the status is that of SIGPIPE`() async throws {
      let program = try await ServeProgram.start(LimiterctlTests.policy, redis: try await SharedRedis.url)
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      close(ends[0])
      defer { close(ends[1]) }
      for words in Self.commands + Self.commands.map({ $0 + ["--json"] }) + [["--help"]] {
        let (end, said) = try await Limiterctl.run(
          words, environment: ["LIMITERD_SOCKET": program.socket], outputDescriptor: ends[1])
        #expect(end == .exit(141) && said.isEmpty, "\(words): \(end) \(said)")
      }
    }

    private func run(
      _ words: [String], _ program: ServeProgram, output: String
    ) async throws -> (ChildProcess.End, String) {
      try await Limiterctl.run(words, environment: ["LIMITERD_SOCKET": program.socket], output: output)
    }
  }
}
