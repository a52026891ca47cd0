import LimiterClient
import LimiterCore
import LimiterLLM
import Providers
import Resilience
import Simulation
import Testing

@Suite struct BadInputTests {
  @Test func whatMakesNoSenseIsSaidBeforeAnythingIsSent() async throws {
    try await withWorld { world in
      let llm = world.llm()
      let unknown = try await llmError { try await llm.complete("hi", chain: ["gpt-4o-minni"]) }
      #expect(unknown.code == .unknownModel)
      #expect(unknown.message.contains("`gpt-4o-mini`"))
      #expect(try await llmError { try await llm.complete("hi", chain: []) }.code == .invalidChain)
      #expect(try await llmError { try await llm.complete("hi", chain: ["cache"]) }.code == .invalidChain)
      #expect(try await llmError { try await llm.complete("hi", chain: ["cache", "gpt-4o"]) }.code == .invalidChain)
      let loop = try await llmError { try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini", "gpt-4o"]) }
      #expect(loop.code == .invalidChain)
      #expect(loop.message.contains("loop"))
      #expect(try await llmError { try await llm.complete("hi", deadline: .zero) }.code == .deadline)
      #expect(
        try await llmError { try await llm.complete(ChatRequest([]), chain: ["gpt-4o"], run: "r") }.code
          == .invalidRequest)
      let negative = ChatRequest("hi", maximumOutputTokens: -1)
      #expect(try await llmError { try await llm.complete(negative, chain: ["gpt-4o"], run: "r") }.code == .limiter)
      let long = ChatRequest(String(repeating: "a", count: 4 * 130_000))
      #expect(try await llmError { try await llm.complete(long, chain: ["gpt-4o"], run: "r") }.code == .failed)
      // A model that the policy does not have is the limiter's no.
      let other = try await llmError { try await llm.complete("hi", chain: ["gpt-4.1"], run: "r") }
      #expect(other.code == .limiter)
      #expect(other.message.contains("the policy has no model"))
      #expect(world.arrivals.isEmpty)
      #expect(try await world.used("gpt-4o.concurrency") == 0)
    }
  }

  @Test func withoutAKeyItSaysWhichVariable() async throws {
    try await withWorld { world in
      let none = world.llm { $0.environment = [:] }
      let error = try await llmError { try await none.complete("hi", chain: ["gpt-4o"]) }
      #expect(error.code == .noKey)
      #expect(error.message.contains("OPENAI_API_KEY"))
      // Others of the chain are asked.
      let one = world.llm { $0.environment["OPENAI_API_KEY"] = "" }
      #expect(
        try await one.complete("hi", chain: ["gpt-4o", "claude-sonnet-4-5"], run: "r").source
          == .model("claude-sonnet-4-5"))
      let split = world.llm { $0.environment["OPENAI_API_KEY"] = "sk\r\nx-evil: 1" }
      #expect(try await llmError { try await split.complete("hi", chain: ["gpt-4o"]) }.code == .noKey)
    }
  }

  @Test func aBaseURLThatDoesNotAnswerCostsNothing() async throws {
    try await withWorld { world in
      let dead = world.llm {
        $0.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:1/v1"
        $0.attempts = 2
      }
      let error = try await llmError { try await dead.complete("hi", chain: ["gpt-4o"], run: "r") }
      #expect(error.attempts.count == 2)
      #expect("\(error)".contains("no connection to openai at http://127.0.0.1:1/v1"))
      #expect(try await world.used("run-budget", run: "r") == 0)
      for url in ["api.openai.com", "ftp://x", "nonsense"] {
        let wrong = world.llm { $0.environment["OPENAI_BASE_URL"] = url }
        #expect(
          try await llmError { try await wrong.complete("hi", chain: ["gpt-4o"], run: "r") }.code == .invalidEndpoint)
      }
    }
  }

  @Test func `a base URL that is no URL is told before anything is tried`() async throws {
    try await withWorld { world in
      for url in [
        "http://", "http:///v1", "http://a b/v1", "http://h\r\nx/v1", "http://127.0.0.1:99999/v1", "http://[::1/v1",
        "https://somebody:secret@/v1", "https://somebody:secret@a b/v1", "somebody:secret@a",
      ] {
        let wrong = world.llm { $0.environment["OPENAI_BASE_URL"] = url }
        let error = try await llmError { try await wrong.complete("hi", chain: ["gpt-4o"], run: "r") }
        #expect(error.code == .invalidEndpoint && error.attempts.isEmpty, "\(error)")
        #expect(error.message.contains("OPENAI_BASE_URL") && !error.message.contains("secret"), "\(error)")
        if !url.contains("@") { #expect(error.message.contains(url.debugDescription), "\(error)") }
        #expect(wrong.statistics.failures.isEmpty && wrong.statistics.attempts == 0)
      }
      let other = world.llm { $0.environment["OPENAI_BASE_URL"] = "https://somebody:secret@a b/v1" }
      let error = try await llmError { try await other.complete("hi", chain: ["gpt-4o"], run: "r") }
      #expect(error.message.contains(#""https://...@a b/v1""#), "\(error)")
      let upper = world.llm { $0.environment["OPENAI_BASE_URL"]?.replace("http://", with: "HTTP://") }
      #expect(try await upper.complete("hi", chain: ["gpt-4o"], run: "r").source == .model("gpt-4o"))
    }
  }

  @Test func `an error of a connection shows no user and no password of a base URL`() async throws {
    try await withWorld { world in
      for (url, shown) in [
        ("http://somebody:secret@127.0.0.1:1/v1", "openai at http://...@127.0.0.1:1/v1"),
        ("http://secret@127.0.0.1:1/v1", "openai at http://...@127.0.0.1:1/v1"),
        ("http://somebody:se%40cret@127.0.0.1:1/v@1", "openai at http://...@1"),
      ] {
        let dead = world.llm {
          $0.environment["OPENAI_BASE_URL"] = url
          $0.attempts = 1
        }
        let error = try await llmError { try await dead.complete("hi", chain: ["gpt-4o"], run: "r") }
        #expect("\(error)".contains("no connection to \(shown)"), "\(error)")
        let all = "\(error) \(error.attempts) \(error.hops)"
        #expect(!all.contains("secret") && !all.contains("cret@") && !all.contains("somebody"), "\(all)")
      }
    }
  }

  @Test func `what the limiter does not allow comes with its own error`() async throws {
    let negative = ChatRequest("hi", maximumOutputTokens: -1)
    let bad: [(request: ChatRequest, model: String, run: String, priority: Int)] = [
      ("hi", "gpt-4o", "r", 0), ("hi", "gpt-4o", "r", 11), ("hi", "gpt-4o", "", 5),
      ("hi", "gpt-4o", "/child", 5), ("hi", "gpt-4o", "a//b", 5), (negative, "gpt-4o", "r", 5),
      ("hi", "gpt-4.1", "r", 5),
    ]
    try await withWorld { world in
      let llm = world.llm()
      for (request, model, run, priority) in bad {
        let error = try await llmError {
          try await llm.complete(request, chain: [model], run: run, priority: priority)
        }
        #expect(error.code == .limiter, "\(error)")
        let cause = error.attempts.last?.failure?.cause as? LimiterError
        #expect(cause?.code == .invalidRequest, "\(error)")
        #expect(error.message == cause?.description)
      }
      #expect(world.arrivals.isEmpty)
    }
  }

  @Test func noKeyAndNoPromptIsInAnyError() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.unauthorized)] }) { world in
      let error = try await llmError { try await world.llm().complete("the prompt", chain: ["gpt-4o"], run: "r") }
      #expect(!"\(error)".contains("sk-test"))
      #expect(!"\(error)".contains("the prompt"))
      #expect(error.attempts.first?.failure?.errorClass == .authOrConfiguration)
    }
  }
}
