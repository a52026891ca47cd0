import LimiterClient
import LimiterCore
import LimiterLLM
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

@Suite struct BudgetTests {
  /// 100 input tokens and 4,000 of output: about 0.04 USD with gpt-4o, 0.0024 with gpt-4o-mini.
  private static let request = ChatRequest(String(repeating: "a", count: 384), maximumOutputTokens: 4_000)
  private static let dollar: Int64 = 1_000_000_000

  /// What became of 50 calls at once.
  private func fifty(_ llm: LLM) async -> (answers: [LLMAnswer], errors: [any Error]) {
    await withTaskGroup(of: Result<LLMAnswer, any Error>.self) { group in
      for _ in 0..<50 {
        group.addTask {
          do {
            return .success(try await llm.complete(Self.request, chain: ["gpt-4o", "gpt-4o-mini"], run: "r"))
          } catch {
            return .failure(error)
          }
        }
      }
      var (answers, errors): ([LLMAnswer], [any Error]) = ([], [])
      for await result in group {
        switch result {
        case .success(let answer): answers.append(answer)
        case .failure(let error): errors.append(error)
        }
      }
      return (answers, errors)
    }
  }

  @Test func aRunOfOneDollarAndFiftyCallsAtOnceNeverPassesItAndWarnsOnce() async throws {
    try await withWorld(openPolicy, { $0.outputTokens = 5_000 }) { world in
      let llm = world.llm()
      let (answers, errors) = await fifty(llm)
      #expect(answers.count == 24, "0.04025 USD each")
      #expect(errors.allSatisfy { ($0 as? LLMError)?.code == .overBudget && ($0 as? LLMError)?.denial != nil })
      #expect(world.billed <= Self.dollar)
      let used = try await world.used("run-budget", run: "r")
      #expect(used == world.billed, "to the nanodollar")
      #expect(answers.reduce(0) { $0 + $1.nanodollars } == world.billed)
      #expect(world.warnings.elements.count { "\($0.limit)".hasPrefix("run-budget") } == 1)
      // Later calls warn no more.
      _ = try? await llm.complete(Self.request, chain: ["gpt-4o"], run: "r")
      _ = try await llm.complete("hi", chain: ["gpt-4o-mini"], run: "r")
      #expect(world.warnings.elements.count == 1)
    }
  }

  /// The provider's answers are as long as they can be: 16,384 tokens, 0.16 USD each.
  @Test func `a run of one dollar is not passed by calls that do not say how long their answers may be`() async throws {
    try await withWorld(openPolicy, { $0.outputTokens = 16_384 }) { world in
      let llm = world.llm()
      let answers = await withTaskGroup(of: LLMAnswer?.self) { group in
        for number in 0..<30 {
          group.addTask { try? await llm.complete("question \(number)", chain: ["gpt-4o"], run: "r") }
        }
        return await group.compactMap(\.self).reduce(into: []) { $0.append($1) }
      }
      #expect(world.billed <= Self.dollar)
      #expect(world.billed > Self.dollar * 9 / 10)
      #expect(try await world.used("run-budget", run: "r") == world.billed)
      let shrunk = answers.filter { !$0.changes.isEmpty }
      #expect(answers.count == 7 && shrunk.count == 1, "six as long as they like, one with what is left")
      guard case .shrunk(from: 16_384, to: let most)? = shrunk.first?.changes.first else {
        throw Unexpected(description: "expected an answer that was bound, got \(shrunk)")
      }
      #expect(shrunk.first?.usage?.output == most && most > 1_024)
    }
  }

  @Test func downgradeGoesOnWithTheCheaperModelAndSaysSo() async throws {
    try await withWorld(openPolicy, { $0.outputTokens = 5_000 }) { world in
      let llm = world.llm { $0.overBudget = .downgrade }
      let (answers, errors) = await fifty(llm)
      #expect(world.billed <= Self.dollar)
      #expect(errors.allSatisfy { ($0 as? LLMError)?.code == .overBudget })
      let cheap = answers.filter { $0.source == .model("gpt-4o-mini") }
      #expect(answers.count - cheap.count == 24)
      #expect(!cheap.isEmpty)
      #expect(cheap.allSatisfy { $0.changes == [.downgraded(from: "gpt-4o", to: "gpt-4o-mini")] })
      let used = try await world.used("run-budget", run: "r")
      #expect(used == world.billed)
    }
  }

  @Test func shrinkAsksForWhatIsLeftAndSaysSo() async throws {
    try await withWorld(openPolicy, { $0.outputTokens = 500_000 }) { world in
      let llm = world.llm {
        $0.overBudget = .shrink
        $0.models["gpt-4o"] = .init(longestOutput: 1_000_000)
      }
      var request = Self.request
      request.maximumOutputTokens = 150_000  // 1.50 USD
      let answer = try await llm.complete(request, chain: ["gpt-4o"], run: "r")
      guard case .shrunk(from: 150_000, to: let output)? = answer.changes.first else {
        throw Unexpected(description: "expected a shorter answer, got \(answer.changes)")
      }
      #expect(answer.usage?.output == output)
      #expect(world.billed <= Self.dollar)
      #expect(world.billed > Self.dollar * 99 / 100)
      // Less than the least is no answer.
      #expect(try await llmError { try await llm.complete(request, chain: ["gpt-4o"], run: "r") }.code == .overBudget)
    }
  }

  @Test func stopAndAPeriodThatIsTooFarAwayAreAClearNo() async throws {
    let policy = openPolicy.replacing("50.00 USD/day", with: "0.01 USD/day")
    try await withWorld(policy) { world in
      for choice in [OverBudget.stop, .wait, .downgrade] {
        let error = try await llmError {
          try await world.llm { $0.overBudget = choice }.complete(
            ChatRequest("hi", maximumOutputTokens: 16_000), chain: ["gpt-4o"], run: "r", deadline: .seconds(5))
        }
        #expect(error.code == .overBudget)
        #expect(error.denial != nil)
        #expect(world.arrivals.isEmpty, "no money is spent")
      }
    }
  }

  @Test func `a period that begins after the model's part of the time is not waited for`() async throws {
    let policy = openPolicy.replacing("50.00 USD/day", with: "0.05 USD/day")
    try await withWorld(policy, { $0.outputTokens = 5_000 }) { world in
      let llm = world.llm {
        $0.overBudget = .wait
        $0.sharePerMille = 0
        $0.fallbacks = [.overBudget: ["gpt-4o-mini"]]
      }
      _ = try await llm.complete(Self.request, chain: ["gpt-4o"], run: "r")
      // The next day begins before the deadline.
      let answer = try await within(.seconds(20), "the cheaper model answers") {
        try await llm.complete(
          Self.request, chain: ["gpt-4o", "gpt-4o-mini"], run: "r", deadline: .seconds(2 * 86_400))
      }
      #expect(answer.source == .model("gpt-4o-mini"))
      #expect(answer.hops.first?.reason == .failed(.overBudget))
      #expect(world.arrivals.map(\.model) == ["gpt-4o", "gpt-4o-mini"])
      #expect(try await world.used("run-budget", run: "r") == world.billed)
    }
  }

  @Test(arguments: [OverBudget.stop, .downgrade, .shrink])
  func aRunMakesNoMoreStepsThanItMay_andItsSubRunsCountAsItself(_ choice: OverBudget) async throws {
    let policy = openPolicy + "\n  run-steps: {per: run, budget: 5 requests}"
    try await withWorld(policy) { world in
      let llm = world.llm { $0.overBudget = choice }
      for child in ["r", "r/search", "r/search", "r/write/2"] {
        _ = try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini"], run: child)
      }
      #expect(world.warnings.elements.map(\.unit) == [.requests], "4 of 5")
      _ = try await llm.complete("hi", chain: ["gpt-4o"], run: "r")
      let error = try await llmError { try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "r/more") }
      #expect(error.code == .tooManySteps && error.denial?.limit.rawValue == "run-steps:r", "\(error)")
      #expect(world.arrivals.count == 5)
      #expect(try await llm.complete("hi", chain: ["gpt-4o"], run: "other").model == "gpt-4o")
      let runs = try await world.limiter.runs()
      #expect(Set(runs.map(\.run)) == ["r", "other"])
      let steps = runs.first { $0.run == "r" && $0.rule == "run-steps" }
      #expect(steps?.spent == 5 && steps?.held == 0 && steps?.allowed == 5 && steps?.unit == .requests)
      let money = runs.filter { $0.rule == "run-budget" }.reduce(0) { $0 + $1.spent }
      #expect(money == world.billed)
    }
  }
}
