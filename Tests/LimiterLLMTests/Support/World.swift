import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Logging
import Providers
import Resilience
import Simulation
import TestSupport

/// A provider over HTTP, a domain of its own on a real Redis, and what asks.
struct World: Sendable {
  let provider: SimulatedProvider
  let limiter: LimiterClient
  let settings: LLMSettings
  let warnings: Recorder<BudgetWarning>
  let domain: String
  let url: String

  func llm(_ change: (inout LLMSettings) -> Void = { _ in }, cooldowns: (any Cooldowns)? = nil) -> LLM {
    var settings = settings
    change(&settings)
    return LLM(
      limiter, settings, cooldowns: cooldowns,
      logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  /// What is used of a limit by a call of this model and run.
  func used(_ limit: String, model: String = "gpt-4o", run: String? = nil) async throws -> Int64 {
    let statuses = try await limiter.usage(of: AdmissionRequest(model: model, run: run))
    for status in statuses where "\(status.limit)".hasPrefix(limit) { return status.used }
    return -1
  }

  /// What the provider would bill, by the price list, in nanodollars.
  var billed: Int64 {
    provider.ledger.bills.reduce(0) { sum, entry in
      let price = PriceList.builtIn.price(of: entry.key)
      return sum + (price?.cost(inputTokens: entry.value.input, outputTokens: entry.value.output) ?? 0)
    }
  }

  /// When each request came, in seconds, and to which model.
  var arrivals: [(at: Double, model: String)] {
    provider.ledger.arrivals.map { (Double($0.atMicroseconds) / 1_000_000, $0.model) }
  }
}

let openPolicy = """
  models:
    gpt-4o: {provider: openai, limits: {concurrency: 100}}
    gpt-4o-mini: {provider: openai, limits: {concurrency: 100}}
    claude-sonnet-4-5: {provider: anthropic, limits: {concurrency: 100}}
  limits:
    run-budget: {per: run, budget: 1.00 USD}
    day-budget: {budget: 50.00 USD/day}
  """

/// - Parameter policy: without its domain.
func withWorld(
  _ policy: String = openPolicy, limits: SimulationLimits = SimulationLimits(windows: []),
  _ configure: (inout ProviderConfiguration) -> Void = { _ in },
  _ body: @escaping @Sendable (World) async throws -> Void
) async throws {
  var configuration = ProviderConfiguration(
    limits: limits, baseLatency: .milliseconds(5), latencyPerOutputToken: .zero)
  configure(&configuration)
  let provider = SimulatedProvider(configuration)
  let domain = uniqueDomain("llm")
  let url = try await SharedRedis.url
  let policy = try PolicyFile.parse("domain: \(domain)\n" + policy, name: "test")
  let addresses = Recorder<String>()
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await provider.run { addresses.record($0) } }
    defer { group.cancelAll() }
    let address = try await addresses.wait(count: 1)[0]
    var settings = LLMSettings(environment: [
      "OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": address + "/v1", "ANTHROPIC_API_KEY": "sk-ant",
      "ANTHROPIC_BASE_URL": address + "/v1",
    ])
    let warnings = Recorder<BudgetWarning>()
    settings.onBudgetWarning = { warnings.record($0) }
    settings.backoff = Backoff(cap: .milliseconds(50))
    let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
    try await LimiterClient.withClient(try .redis(url: url, policy: policy), logger: quiet) { [settings] limiter in
      try await body(
        World(
          provider: provider, limiter: limiter, settings: settings, warnings: warnings, domain: domain, url: url))
    }
  }
}

/// The error of a call that must fail.
func llmError(_ body: () async throws -> LLMAnswer) async throws -> LLMError {
  do {
    let answer = try await body()
    throw Unexpected(description: "expected an error, got an answer from \(answer.source)")
  } catch let error as LLMError { return error }
}

struct Unexpected: Error, CustomStringConvertible { let description: String }
