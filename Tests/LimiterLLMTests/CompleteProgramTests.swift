import Foundation
import LimiterLLM
import LimiterConfiguration
import PrivateRedis
import Simulation
import TestSupport
import Testing

/// `limiterctl complete`, as a user calls it.
@Suite struct CompleteProgramTests {
  /// The program's output and status.
  private func complete(
    _ world: World, _ words: [String], key: String? = "sk-test", policy other: String? = nil, namesRedis: Bool = true,
    outputDescriptor: Int32? = nil
  ) async throws -> (output: String, errors: String, status: Int32) {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let files = try GuardedDirectory(named: "complete")
    let policy = "domain: \(world.domain)\n\(openPolicy)\n"
    try policy.write(toFile: files.path + "/policy.yaml", atomically: true, encoding: .utf8)
    let address = try #require(world.settings.environment["OPENAI_BASE_URL"])
    var environment = ["OPENAI_BASE_URL=\(address)"]
    if let key { environment.append("OPENAI_API_KEY=\(key)") }
    let process = try ChildProcess(
      executable: "/usr/bin/env",
      arguments: ["-u", "OPENAI_API_KEY", "-u", "LIMITERD_SOCKET"] + environment
        + [URL(filePath: tests).deletingLastPathComponent().appending(path: "limiterctl").path, "complete"]
        + ["--config", other ?? files.path + "/policy.yaml"] + (namesRedis ? ["--redis", world.url] : []) + words,
      output: files.path + "/output", outputDescriptor: outputDescriptor, errors: files.path + "/errors")
    let end = await process.end()
    guard case .exit(let status) = end else { throw CommandFailed(description: "\(end)") }
    return (
      outputDescriptor == nil ? try String(contentsOfFile: files.path + "/output", encoding: .utf8) : "",
      try String(contentsOfFile: files.path + "/errors", encoding: .utf8), status
    )
  }

  @Test func `an answer, whole, as a stream, and as JSON with its cost`() async throws {
    try await withWorld { world in
      let whole = try await complete(world, ["--model", "gpt-4o-mini", "What is a semaphore?"])
      #expect(whole.status == 0 && whole.output.contains("so it is"), "\(whole)")
      #expect(whole.errors.contains("gpt-4o-mini; ") && whole.errors.contains("USD"), "\(whole.errors)")
      let stream = try await complete(world, ["--model", "gpt-4o-mini", "--stream", "What is a semaphore?"])
      #expect(stream.output == whole.output && stream.status == 0)
      let json = try await complete(world, ["--model", "gpt-4o-mini", "--json", "--run", "r", "What is a semaphore?"])
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      #expect(object["source"] as? String == "model" && object["run"] as? String == "r")
      let cost = try #require(object["cost_nanodollars"] as? Int64)
      #expect(try await world.used("run-budget", model: "gpt-4o-mini", run: "r") == cost)
      #expect(world.billed == 3 * cost)
    }
  }

  @Test func `a chain falls back; a spent budget is exit status 2`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.quota, model: "gpt-4o")] }) { world in
      let answer = try await complete(world, ["--chain", "gpt-4o,gpt-4o-mini,cache", "--json", "hello"])
      #expect(answer.status == 0 && answer.output.contains("\"model\" : \"gpt-4o-mini\""), "\(answer)")
      let folder = try GuardedDirectory(named: "poor")
      let words = ["--model", "gpt-4o-mini", "--over-budget", "stop", "--run", "poor", "hi"]
      let poor = """
        domain: \(world.domain)
        models: {gpt-4o-mini: {}}
        limits: {run-budget: {per: run, budget: 0.000001 USD}}
        """
      try poor.write(toFile: folder.path + "/poor.yaml", atomically: true, encoding: .utf8)
      let stopped = try await complete(world, words, policy: folder.path + "/poor.yaml")
      #expect(stopped.status == 2 && stopped.errors.contains("overBudget"), "\(stopped)")
    }
  }

  @Test func `a budget stops a call, unless the next model of the chain is asked for`() async throws {
    try await withWorld { world in
      let folder = try GuardedDirectory(named: "tight")
      // Enough for 100 tokens of gpt-4o-mini, and not of gpt-4o.
      let tight = """
        domain: \(world.domain)
        models: {gpt-4o: {}, gpt-4o-mini: {}}
        limits: {run-budget: {per: run, budget: 0.0005 USD}}
        """
      try tight.write(toFile: folder.path + "/tight.yaml", atomically: true, encoding: .utf8)
      func ask(_ words: [String]) async throws -> (output: String, errors: String, status: Int32) {
        try await complete(
          world, ["--chain", "gpt-4o,gpt-4o-mini", "--max-tokens", "100", "--run", "r", "--json"] + words + ["hi"],
          policy: folder.path + "/tight.yaml")
      }
      let stopped = try await ask([])
      #expect(stopped.status == 2 && stopped.errors.contains("overBudget"), "\(stopped)")
      #expect(world.provider.ledger.arrivals.isEmpty)
      let downgraded = try await ask(["--over-budget", "downgrade"])
      #expect(downgraded.status == 0 && downgraded.output.contains("\"model\" : \"gpt-4o-mini\""), "\(downgraded)")
    }
  }

  @Test(arguments: [
    (["--model", "gpt-5o", "hi"], 1, "did you mean `gpt-4o`?"),
    (["--chain", "gpt-4o,gpt-4o", "hi"], 64, "does not loop"),
    (["--chain", "", "hi"], 64, "at least one model"), (["--chain", "cache", "hi"], 64, "at least one model"),
    (["--chain", "cache,gpt-4o", "hi"], 64, "`cache` at the end"), (["   "], 64, "expected a question"),
    (["--priority", "0", "hi"], 64, "--priority"), (["--deadline", "0", "hi"], 64, "--deadline"),
    (["--over-budget", "maybe", "hi"], 64, "stop, downgrade, shrink or wait"),
    (["--max-tokens", "0", "hi"], 64, "--max-tokens"),
    (["--socket", "/nowhere", "hi"], 64, "--socket"), ([], 64, "prompt"),
  ])
  func `nonsense is told, with its exit status`(_ words: [String], _ status: Int32, _ told: String) async throws {
    try await withWorld { world in
      let result = try await complete(world, words)
      #expect(result.status == status && result.errors.contains(told), "\(result)")
      #expect(world.provider.ledger.arrivals.isEmpty)
    }
  }

  @Test(arguments: [true, false])
  func `whose reader goes after the first line is settled all the same, and ends quietly`(_ isAtOnce: Bool) async throws
  {
    try await withWorld(openPolicy, { $0.baseLatencyMicroseconds = 300_000 }) { world in
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      let (reading, writing) = (ends[0], ends[1])
      // `head -1`, or one that has gone before the first word.
      let reader =
        isAtOnce ? nil : try ChildProcess(executable: "/usr/bin/env", arguments: ["head", "-c1"], input: reading)
      close(reading)
      defer { close(writing) }
      let result = try await complete(
        world, ["--model", "gpt-4o-mini", "--stream", "--run", "r", "Tell me more."], outputDescriptor: writing)
      _ = await reader?.end()
      #expect(result.status == 141, "\(result)")
      #expect(!result.errors.contains("Error") && !result.errors.contains("Fatal"), "\(result.errors)")
      // What was used is paid, and nothing is held any more.
      #expect(world.billed > 0)
      #expect(try await world.used("run-budget", model: "gpt-4o-mini", run: "r") == world.billed)
      #expect(try await world.used("gpt-4o-mini.concurrency", model: "gpt-4o-mini", run: "r") == 0)
    }
  }

  @Test func `an answer that cannot be written is an error, and is paid`() async throws {
    try await withWorld { world in
      let full = open("/dev/full", O_WRONLY)
      defer { close(full) }
      for words in [["--stream"], ["--json"], []] {
        let before = world.billed
        let result = try await complete(
          world, ["--model", "gpt-4o-mini", "--run", "r", "hello"] + words, outputDescriptor: full)
        #expect(result.status == 1 && result.errors.contains("standard output cannot be written"), "\(result)")
        #expect(world.billed > before)
        #expect(try await world.used("run-budget", model: "gpt-4o-mini", run: "r") == world.billed)
      }
    }
  }

  @Test func `the Redis of the policy's file is asked with its password`() async throws {
    try await withWorld { world in
      try await withRedis(PrivateRedisConfiguration(password: "a-password")) { redis in
        let folder = try GuardedDirectory(named: "secret")
        try "a-password".write(toFile: folder.path + "/password", atomically: true, encoding: .utf8)
        let policy = """
          domain: \(world.domain)
          \(openPolicy)
          redis: {url: "unix://\(redis.socketPath)", password_file: \(folder.path)/password}
          """
        try policy.write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
        let answer = try await complete(
          world, ["--model", "gpt-4o-mini", "hello"], policy: folder.path + "/policy.yaml", namesRedis: false)
        #expect(answer.status == 0 && answer.output.contains("so it is"), "\(answer)")
      }
    }
  }

  @Test func `without a key it says where it belongs`() async throws {
    try await withWorld { world in
      let result = try await complete(world, ["--model", "gpt-4o", "hi"], key: nil)
      #expect(result.status == 1 && result.errors.contains("OPENAI_API_KEY"), "\(result)")
    }
  }
}
