import LimiterClient
import LimiterCore
import LimiterLLM
import Providers
import Simulation
import TestSupport
import Testing

/// What nobody waits for any more was sent, and is charged and counted.
@Suite struct StoppedCallTests {
  @Test func `a call that is cancelled when it was sent is counted as it is charged`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, delay: 30)] }) { world in
      let llm = world.llm()
      let asking = Task {
        try await llm.complete(ChatRequest("hi", maximumOutputTokens: 50), chain: ["gpt-4o"], run: "r")
      }
      try await eventually("it is sent") { world.arrivals.count == 1 }
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually("it has ended") { try await world.used("gpt-4o.concurrency") == 0 }
      let charged = try await world.used("run-budget", run: "r")
      #expect(charged > 0 && llm.statistics.nanodollars == charged)
    }
  }

  @Test func `a stream that its listener stops is counted as it is charged`() async throws {
    struct Enough: Error {}
    try await withWorld { world in
      let llm = world.llm()
      await #expect(throws: Enough.self) {
        try await llm.stream("hi", chain: ["gpt-4o"], run: "r") { _ in throw Enough() }
      }
      let charged = try await world.used("run-budget", run: "r")
      #expect(charged > 0 && llm.statistics.nanodollars == charged)
    }
  }

  @Test func `the call that loses to its hedge is among the attempts, with what it is charged`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, count: 1, delay: 20)] }) { world in
      let llm = world.llm { $0.hedge = .milliseconds(200) }
      let request = ChatRequest("hi", maximumOutputTokens: 100)
      let answer = try await llm.complete(request, chain: ["gpt-4o"], run: "r", deadline: .seconds(15))
      #expect(answer.attempts.map(\.wasSent) == [true, true])
      #expect(answer.attempts.count { $0.failure == nil } == 1)
      try await eventually("both are charged") {
        try await world.used("run-budget", run: "r") == answer.nanodollars
      }
      #expect(llm.statistics.nanodollars == answer.nanodollars && answer.nanodollars > world.billed)
    }
  }
}
