import Foundation
import LimiterClient
import LimiterCore
import LimiterLLM
import Logging
import Providers
import Resilience

/// Makes calls of a trace as a user's program does: through the library, with a chain of models.
struct ChainCaller: Sendable {
  /// What a call may take beyond the end of the arrivals, and at least.
  private static let grace: Duration = .seconds(10)

  private let llm: LLM
  private let chain: [String]
  private let models: [String]

  static func with(
    _ configuration: WorkerConfiguration, _ chain: [String], _ body: @Sendable (ChainCaller) async throws -> Void
  ) async throws {
    let base = configuration.providerURL + "/v1"
    var settings = LLMSettings(environment: [
      "OPENAI_BASE_URL": base, "OPENAI_API_KEY": "simulated", "ANTHROPIC_BASE_URL": base,
      "ANTHROPIC_API_KEY": "simulated",
    ])
    settings.overBudget = .downgrade
    // A run is short: a model that is back is to be found within a window.
    let window = configuration.policy.limits.windows.map(\.length).min() ?? .seconds(10)
    settings.cooldown = CooldownPolicy(base: .seconds(2), longest: max(.seconds(2), min(window, .seconds(60))))
    let quiet = Logger(label: "worker \(configuration.number)") { _ in SwiftLogNoOpLogHandler() }
    let models = configuration.policy.models.map(\.name)
    try await WorkerLimiter.withClient(configuration) { [settings] limiter in
      for model in models { _ = try await limiter.usage(of: AdmissionRequest(model: model, run: SimulationPolicy.run)) }
      let llm = LLM(limiter, settings, logger: quiet)
      try await body(ChainCaller(llm: llm, chain: chain, models: models))
      await llm.report()
    }
  }

  var statistics: LLMStatistics { llm.statistics }

  /// - Returns: what became of it, and the error that it ended with.
  func complete(
    _ call: TraceCall, due: ContinuousClock.Instant, end: ContinuousClock.Instant
  ) async -> (record: CallRecord, error: (any Error)?) {
    let begins = Int64(Date.now.timeIntervalSince1970 * 1_000_000)
    let (made, error) = await make(call, due: due, end: end)
    var record = made
    record.beganAt = begins
    return (record, error)
  }

  private func make(
    _ call: TraceCall, due: ContinuousClock.Instant, end: ContinuousClock.Instant
  ) async -> (record: CallRecord, error: (any Error)?) {
    // Four bytes are a token, and four tokens stand around a message.
    let text = String(repeating: "word", count: Int(max(call.inputTokens - 4, 1)))
    let request = ChatRequest(text, maximumOutputTokens: max(call.outputTokens, 1))
    do {
      let answer = try await llm.complete(
        request, chain: chain, run: SimulationPolicy.run, deadline: max(end - .now, .zero) + Self.grace)
      let isNew = if case .model = answer.source { true } else { false }
      var record = record(isNew ? .completed : .cached, call, answer.attempts, answer.hops, due)
      record.model = answer.model
      return (record, nil)
    } catch let error as LLMError {
      let outcome = CallRecord.Outcome(error)
      let told: (any Error)? =
        switch outcome {
        case .unanswered: UnansweredCall(error)
        case .undecided: error
        default: nil
        }
      return (record(outcome, call, error.attempts, error.hops, due), told)
    } catch {
      return (CallRecord(.expired, call, waitMilliseconds: (ContinuousClock.now - due).milliseconds), nil)
    }
  }

  private func record(
    _ outcome: CallRecord.Outcome, _ call: TraceCall, _ attempts: [LLMAttempt], _ hops: [FallbackHop],
    _ due: ContinuousClock.Instant
  ) -> CallRecord {
    let wait = attempts.reduce(Duration.zero) { $0 + $1.waited }
    var record = CallRecord(
      outcome, call, waitMilliseconds: wait.milliseconds,
      nanodollars: attempts.reduce(0) { $0 + ($1.nanodollars ?? 0) })
    let unknown = attempts.filter(\.isUnknown).reduce(Int64(0)) { $0 + ($1.nanodollars ?? 0) }
    if unknown > 0 { record.unknownNanodollars = unknown }
    record.wasAdmitted = attempts.contains(where: \.wasSent)
    let isCooling = hops.contains { if case .cooling = $0.reason { true } else { false } }
    if isCooling || attempts.contains(where: \.isProvidersFailure) {
      // What came after its last trouble, an attempt that went well, is none.
      let last = attempts.last.flatMap { $0.failure == nil ? $0.waited + $0.took : nil } ?? .zero
      record.troubledUntil = Int64(Date.now.timeIntervalSince1970 * 1_000_000) - last.microseconds
    }
    return record
  }
}

/// Why no model answered, without what is another with each call: errors are counted by their text.
struct UnansweredCall: Error, CustomStringConvertible {
  let description: String

  init(_ error: LLMError) {
    var words: [String] = []
    for hop in error.hops {
      let word =
        switch hop.reason {
        case .cooling(_, let why): "\(hop.model): left alone after \(why.rawValue)"
        case .failed(let why): "\(hop.model): \(why.rawValue)"
        case .answered: "\(hop.model): answered"
        }
      if words.last != word { words.append(word) }
    }
    if let failure = error.attempts.last(where: \.wasSent)?.failure { words.append("the last answer was \(failure)") }
    description = "\(error.code.rawValue): \(words.joined(separator: "; "))"
  }
}

extension CallRecord.Outcome {
  /// Of a call that ended without an answer. It is denied where nothing was sent because no permit came in time; where its models were left alone
  /// after failures, nobody has denied it.
  init(_ error: LLMError) {
    let isDenied = if case .failed(.denied)? = error.hops.last?.reason { true } else { false }
    self =
      switch error.code {
      case .overBudget: .unaffordable
      case .limiter: .undecided
      case _ where error.attempts.contains(where: \.wasSent): .unanswered
      case .deadline: .expired
      default: isDenied ? .expired : .unanswered
      }
  }

  /// It was told no before anything was sent.
  var isDenial: Bool { self == .expired || self == .unaffordable }
}

extension LLMAttempt {
  /// A connection that broke, or a time that was over: the provider may have worked or not.
  fileprivate var isUnknown: Bool {
    guard let failure, wasSent else { return false }
    return failure.status == nil && [.transient, .timeout, .streamBroken].contains(failure.errorClass)
  }

  fileprivate var isProvidersFailure: Bool {
    guard let failure else { return false }
    return ![.denied, .overBudget, .contextTooLong].contains(failure.errorClass)
  }
}
