import ArgumentParser
import Foundation
import Testing

@testable import LimiterdCommands
@testable import Simulation

@Suite struct CommandLineTests {
  private func withTrace<Result>(_ body: (String) throws -> Result) throws -> Result {
    let file = FileManager.default.temporaryDirectory.appending(path: "trace-\(UUID().uuidString).csv")
    try Data("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,5,6\n".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  @Test func `what is not given has its default`() throws {
    try withTrace { path in
      let command = try #require(
        LimiterdCommand.parseAsRoot(["simulate", "--trace", path, "--limit", "requests=3/1s"]) as? SimulateCommand)
      let settings = try command.settings()
      #expect(settings.source == .file(path))
      #expect(settings.duration == .seconds(60))
      #expect(settings.headroomPerMille == 1_000)
      #expect(settings.guardTime == .milliseconds(250))
      #expect(settings.load == 1.3)
      #expect(settings.budget == nil)
      #expect(settings.redisURL == nil)
      #expect(settings.model.name == "gpt-4o")
      #expect(settings.worker.last == "simulate-worker")
    }
  }

  @Test func `everything can be given`() throws {
    try withTrace { path in
      let words = [
        "simulate", "--trace", path, "--workers", "8", "--duration", "2.5", "--limit", "requests=600/10s", "--limit",
        "tokens=700000/10s", "--limit", "concurrency=64", "--budget-usd", "12.50", "--headroom", "0.8", "--guard",
        "100ms",
        "--model", "gpt-4o-mini", "--load", "2", "--redis", "redis://localhost", "--seed", "9",
      ]
      let settings = try #require(try LimiterdCommand.parseAsRoot(words) as? SimulateCommand).settings()
      #expect(settings.workers == 8)
      #expect(settings.duration == .milliseconds(2_500))
      #expect(settings.limits.windows.map(\.description) == ["requests=600/10s", "tokens=700000/10s"])
      #expect(settings.limits.concurrency == 64)
      #expect(settings.budget == 12_500_000_000)
      #expect(settings.headroomPerMille == 800)
      #expect(settings.guardTime == .milliseconds(100))
      #expect(settings.model.name == "gpt-4o-mini")
      #expect(settings.load == 2)
      #expect(settings.redisURL == "redis://localhost")
      #expect(settings.seed == 9)
    }
  }

  @Test func `the demo needs nothing`() throws {
    let settings = try #require(try LimiterdCommand.parseAsRoot(["demo"]) as? DemoCommand).settings()
    #expect(settings.source == .synthetic)
    #expect(settings.limits.windows.map(\.name) == ["requests", "tokens"])
    #expect(settings.duration < .seconds(60))
  }

  static let nonsense: [(arguments: [String], says: String)] = [
    (["--workers", "0"], "--workers: expected a whole number from 1 to 256, got 0"),
    (["--workers", "-1"], "got -1"),
    (["--workers", "257"], "got 257"),
    (["--workers", "many"], "many"),
    (["--duration", "0"], "--duration: expected a number of seconds from 1 to 86400, got 0"),
    (["--duration", "-1"], "got -1"),
    (["--duration", "1e12"], "1e12"),
    (["--duration", "soon"], "soon"),
    (["--load", "0"], "--load: expected a number from 0.01 to 100, got 0"),
    (["--load", "nan"], "got nan"),
    (["--limit", "requests=0/1s"], "the smallest amount is 1"),
    (["--limit", "requests=5/1fortnight"], "no unit `fortnight`"),
    (["--limit", "requests=1/1s", "--limit", "requests=1/1m"], "two for requests"),
    (["--headroom", "0"], "0 admits nothing"),
    (["--headroom", "1.01"], "the largest is 1"),
    (["--guard", "-1ms"], "cannot be negative"),
    (["--guard", "61m"], "the longest is 1h"),
    (["--budget-usd", "0"], "dollars such as 12.50"),
    (["--budget-usd", "-1"], "cannot be negative"),
    (["--model", "gpt-4oo"], "did you mean gpt-4o"),
    (["--json", "/nowhere/at/all.json"], "there is no folder /nowhere/at/"), (["--json", "/"], "got \"/\""),
    (["--json", ""], "expected the path of a file, got \"\""), (["--json", "/tmp"], "/tmp is a folder"),
    (["--json", "/etc/hostname/report.json"], "there is no folder /etc/hostname/"),
    (["--seed", "-1"], "-1"),
    (["--frobnicate"], "--frobnicate"),
  ]

  @Test(arguments: nonsense) func `nonsense ends with the status for wrong usage`(_ arguments: [String], _ says: String)
  {
    let error = #expect(throws: (any Error).self) { try LimiterdCommand.parseAsRoot(["demo"] + arguments) }
    guard let error else { return }
    #expect(LimiterdCommand.exitCode(for: error) == .validationFailure)
    #expect(LimiterdCommand.fullMessage(for: error).contains(says), "\(LimiterdCommand.fullMessage(for: error))")
  }

  @Test(arguments: [
    (["simulate"], "--trace"),
    (["simulate", "--trace", "/nowhere.csv", "--limit", "requests=1/1s"], "nothing at /nowhere.csv"),
    (["simulate", "--trace", "", "--limit", "requests=1/1s"], "--trace: expected the path of a CSV file"),
    (["simulate", "--trace", "/etc/hostname"], "at least one --limit"), (["simulat"], "simulat"),
  ]) func `what is missing is said`(_ arguments: [String], _ says: String) {
    let error = #expect(throws: (any Error).self) { try LimiterdCommand.parseAsRoot(arguments) }
    guard let error else { return }
    #expect(LimiterdCommand.exitCode(for: error) == .validationFailure)
    #expect(LimiterdCommand.fullMessage(for: error).contains(says), "\(LimiterdCommand.fullMessage(for: error))")
  }

  @Test func `help names every option and hides what is not for people`() {
    let help = LimiterdCommand.helpMessage(for: SimulateCommand.self)
    for option in [
      "--trace", "--workers", "--duration", "--limit", "--budget-usd", "--headroom", "--guard", "--model", "--load",
      "--redis",
      "--seed", "--json",
    ] { #expect(help.contains(option)) }
    // The facts themselves, wherever the lines are broken.
    let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for fact in ["(1 to 256)", "1 to 9007199254740991 per 1ms to 31d", "(0 to 1h)", "(1s to 1d)", "(0.01 to 100)"] {
      #expect(words.contains(fact))
    }
    #expect(words.contains("With --faults calls may fail"))
    #expect(!LimiterdCommand.helpMessage().contains("simulate-worker"))
  }
}
