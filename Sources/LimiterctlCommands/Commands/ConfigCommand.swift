import ArgumentParser
import Foundation
import LimiterClient
import LimiterConfiguration
import LimiterCore
import RedisClient

/// `limiterctl config`.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "The policy file.", subcommands: [Check.self, Show.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Prints the policy that is used without any, to start from.")

    func run() async throws { try Output.print(PolicyFile.standardText, terminator: "") }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Tells every mistake of a policy file at once, by line and key.")

    @Argument(help: "The file.")
    var file: String

    @Flag(help: "Print JSON: `problems`, each with its code, path, line, column and message.")
    var json = false

    func run() async throws {
      let configuration: LimiterdConfiguration
      do {
        configuration = try PolicyFile.readAll(path: file, redisURLMistake: RedisConfiguration.mistake(inURL:))
      } catch {
        if json { try Output.print(JSONText.text(of: Self.json(error))) }
        throw Failure("\(error)")
      }
      let policy = configuration.policy
      if json {
        return try Output.print(
          try JSONText.text(
            of: [
              "ok": true, "domain": policy.domain, "models": policy.models.count, "limits": policy.limits.count,
            ] as [String: Any]))
      }
      try Output.print(
        "\(file) is good: domain \(policy.domain), \(policy.models.count) models, \(policy.limits.count) limits")
    }

    /// The mistakes in the order of their lines; those beyond the bound of them are only counted.
    private static func json(_ error: PolicyError) -> [String: Any] {
      let problems = error.problems.map { problem -> [String: Any] in
        [
          "code": problem.code.rawValue, "path": problem.path, "line": problem.line ?? NSNull(),
          "column": problem.column ?? NSNull(), "message": problem.message,
        ]
      }
      return ["ok": false, "file": error.name, "problems": problems, "omitted": error.omitted]
    }
  }
}
