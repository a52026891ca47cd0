import LimiterClient
import LimiterConfiguration
import LimiterLLM
import Providers
import Resilience
import Simulation
import Synchronization
import Testing

@Suite struct CompleteTests {
  @Test(arguments: ["gpt-4o", "claude-sonnet-4-5"], [false, true])
  func theAnswerTellsWhatItCostAndThatIsWhatTheProviderBills(_ model: String, _ isStream: Bool) async throws {
    try await withWorld { world in
      let llm = world.llm()
      let pieces = Mutex<[String]>([])
      let request = ChatRequest(
        [.init(.system, "Be brief."), .init(.user, "What is a semaphore?")], maximumOutputTokens: 120)
      let answer =
        isStream
        ? try await llm.stream(request, chain: [model], run: "r") { piece in pieces.withLock { $0.append(piece) } }
        : try await llm.complete(request, chain: [model], run: "r")
      #expect(answer.source == .model(model))
      #expect(answer.finish == .length, "it would have written 200 tokens")
      #expect(answer.usage?.output == 120)
      #expect(answer.text.utf8.count == 480)
      #expect(!answer.isUsageEstimated)
      #expect(answer.nanodollars == world.billed)
      #expect(try await world.used("run-budget", model: model, run: "r") == world.billed)
      #expect(try await world.used("\(model).concurrency", model: model) == 0)
      if isStream {
        #expect(pieces.withLock { $0.joined() } == answer.text)
        #expect(pieces.withLock { $0.count } > 1)
      }
    }
  }

  @Test func `a whole program takes cooldowns of its own`() async throws {
    try await withWorld { world in
      let policy = try PolicyFile.parse("domain: \(world.domain)\n" + openPolicy, name: "test")
      let cooldowns = LocalCooldowns()
      let route = try LimiterRoute.redis(url: world.url, policy: policy)
      try await LLM.withLLM(route, world.settings, cooldowns: cooldowns) { llm in
        #expect(llm.cooldowns as? LocalCooldowns<ContinuousClock> === cooldowns)
        let answer = try await llm.complete("hi", chain: ["gpt-4o"])
        #expect(answer.source == .model("gpt-4o"))
      }
    }
  }

  @Test func `no more is asked for than a model can answer`() async throws {
    try await withWorld { world in
      let llm = world.llm { $0.models["gpt-4o"] = LLMSettings.Model(longestOutput: 50) }
      let answer = try await llm.complete(ChatRequest("hi", maximumOutputTokens: 120), chain: ["gpt-4o"], run: "r")
      #expect(answer.usage?.output == 50 && answer.finish == .length)
      #expect(try await world.used("run-budget", run: "r") == world.billed)
    }
  }

  @Test func openAIsResponsesAreAnotherShapeOfTheSame() async throws {
    try await withWorld { world in
      let llm = world.llm {
        var endpoint = ProviderEndpoint.named("openai")
        endpoint.wire = .openAIResponses
        $0.endpoints["openai"] = endpoint
      }
      let whole = try await llm.complete("hello", chain: ["gpt-4o"], run: "r")
      let streamed = try await llm.stream("hello again", chain: ["gpt-4o"], run: "r") { _ in }
      #expect(whole.usage?.output == 200)
      #expect(streamed.usage?.output == 200)
      #expect(whole.nanodollars + streamed.nanodollars == world.billed)
    }
  }

  @Test func itLearnsHowManyBytesATokenHasAndHowLongAnswersAre() async throws {
    try await withWorld { world in
      let llm = world.llm()
      // The provider counts four bytes as a token and writes 200: after 20 calls that is known.
      for number in 0..<21 {
        _ = try await llm.complete(ChatRequest(String(repeating: "word ", count: 50) + "\(number)"), run: "r\(number)")
      }
      let before = llm.statistics
      _ = try await llm.complete(ChatRequest(String(repeating: "word ", count: 50) + "x"), run: "s")
      let (estimated, wrong) = (
        llm.statistics.estimatedTokens - before.estimatedTokens, llm.statistics.estimatedWrong - before.estimatedWrong
      )
      #expect(wrong * 20 <= estimated, "\(wrong) of \(estimated) tokens wrong")
    }
  }

  @Test(arguments: [ProviderFaultKind.noUsage, .wrongUsage])
  func usageThatIsMissingOrNegativeIsEstimatedAndSaid(_ kind: ProviderFaultKind) async throws {
    try await withWorld(openPolicy, { $0.faults = [kind.fault] }) { world in
      for isStream in [false, true] {
        let request = ChatRequest("hello", maximumOutputTokens: 50)
        let answer =
          isStream
          ? try await world.llm().stream(request, chain: ["gpt-4o"], run: "r") { _ in }
          : try await world.llm().complete(request, chain: ["gpt-4o"], run: "r")
        #expect(answer.isUsageEstimated)
        #expect(answer.usage?.output == 50)
        #expect(answer.nanodollars > 0)
      }
    }
  }
}
