import LimiterClient
import LimiterCore
import LimiterLLM
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// A permit is there, and nothing is sent: nothing is charged.
@Suite struct NotSentTests {
  @Test func `a permit that comes when the time is over is given back, and the next model is asked`() async throws {
    try await withWorld { world in
      // The model's part of the time is a second; between its permit and the sending more than that passes.
      let cooldowns = WatchedCooldowns { model, look in
        if model == "gpt-4o", look == 2 { try? await Task.sleep(for: .milliseconds(1_200)) }
      }
      let llm = world.llm({ $0.sharePerMille = 50 }, cooldowns: cooldowns)
      let answer = try await llm.complete(
        "hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "r", deadline: .seconds(20))
      #expect(answer.source == .model("gpt-4o-mini"))
      #expect(answer.attempts.map(\.wasSent) == [false, true])
      #expect(answer.attempts.map { $0.failure?.errorClass } == [.denied, nil])
      #expect(answer.attempts.first?.nanodollars == 0)
      #expect(world.arrivals.map(\.model) == ["gpt-4o-mini"])
      #expect(llm.statistics.attempts == 1)
      #expect(try await world.used("run-budget", run: "r") == world.billed)
      #expect(try await world.used("gpt-4o.concurrency") == 0)
    }
  }

  @Test func `who is cancelled between the permit and the sending pays nothing`() async throws {
    try await withWorld { world in
      let granted = Recorder<Int>()
      let cooldowns = WatchedCooldowns { _, look in
        guard look == 2 else { return }
        granted.record(look)
        // Until it is cancelled.
        try? await Task.sleep(for: .seconds(3_600))
      }
      let llm = world.llm(cooldowns: cooldowns)
      let asking = Task { try await llm.complete("hi", chain: ["gpt-4o"], run: "r") }
      _ = try await granted.wait(count: 1)
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually("no slot is held") { try await world.used("gpt-4o.concurrency") == 0 }
      #expect(try await world.used("run-budget", run: "r") == 0)
      #expect(world.arrivals.isEmpty && llm.statistics.attempts == 0)
    }
  }

  @Test func `a model that was not asked because the time was over is not said to have failed`() async throws {
    try await withWorld { world in
      let cooldowns = LateCooldowns(.seconds(2))
      let llm = world.llm(cooldowns: cooldowns)
      let error = try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], deadline: .seconds(1)) }
      #expect(error.code == .deadline, "\(error)")
      #expect(cooldowns.failures.elements == [.denied])
      #expect(world.arrivals.isEmpty)
    }
  }

  @Test func `time that runs out before there is a connection costs nothing, and is not the model's`() async throws {
    let server = try await FullServer()
    try await withWorld { world in
      let llm = world.llm {
        $0.environment["OPENAI_BASE_URL"] = server.address + "/v1"
        $0.attempts = 1
        $0.attemptTime = .milliseconds(500)
      }
      let error = try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], run: "r") }
      let failure = try #require(error.attempts.first?.failure)
      #expect(failure.errorClass == .transient && failure.isOwnNetwork, "\(failure)")
      #expect(failure.message == "no connection to openai at \(server.address)/v1 in 0.5 seconds")
      #expect(error.attempts.map(\.nanodollars) == [0] && error.attempts.map(\.wasSent) == [false])
      #expect(llm.statistics.attempts == 0)
      #expect(try await world.used("run-budget", run: "r") == 0)
      #expect(try await world.used("gpt-4o.concurrency") == 0)
    }
  }

  @Test func `what finds no connection is not said to be sent, and no retry of it is`() async throws {
    let gone = try await TextServer("").address
    try await withWorld { world in
      let llm = world.llm {
        $0.environment["OPENAI_BASE_URL"] = gone + "/v1"
        $0.attempts = 2
      }
      let answer = try await llm.complete("hi", chain: ["gpt-4o", "claude-sonnet-4-5"], run: "r")
      #expect(answer.attempts.map(\.model) == ["gpt-4o", "gpt-4o", "claude-sonnet-4-5"])
      #expect(answer.attempts.map(\.wasSent) == [false, false, true])
      #expect(llm.statistics.attempts == 1 && llm.statistics.retries == 0)
    }
  }

  @Test func `who is cancelled before there is a connection pays nothing`() async throws {
    let server = try await FullServer()
    try await withWorld { world in
      let llm = world.llm { $0.environment["OPENAI_BASE_URL"] = server.address + "/v1" }
      let asking = Task { try await llm.complete("hi", chain: ["gpt-4o"], run: "r") }
      try await eventually("it has its permit") { try await world.used("gpt-4o.concurrency") == 1 }
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually("no slot is held") { try await world.used("gpt-4o.concurrency") == 0 }
      #expect(try await world.used("run-budget", run: "r") == 0)
      #expect(llm.statistics.nanodollars == 0 && llm.statistics.attempts == 0)
    }
  }
}
