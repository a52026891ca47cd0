import LimiterClient
import LimiterCore
import Logging
import RedisClient

/// All that a worker does with the limiter: ask, and say what became of it.
struct WorkerLimiter: Sendable {
  enum Answer {
    case granted(Permit)
    case denied(CallRecord.Outcome)
  }

  private let limiter: LimiterClient
  private let model: String
  private let hold: Duration
  /// Half of the guard: the other half is for the way to the provider.
  private let freshness: Duration

  static func with<Result: Sendable>(
    _ configuration: WorkerConfiguration, _ body: @Sendable (WorkerLimiter) async throws -> Result
  ) async throws -> Result {
    let hold = configuration.policy.policy.hold
    return try await withClient(configuration) { limiter in
      try await body(
        WorkerLimiter(
          limiter: limiter, model: configuration.policy.model.name, hold: hold,
          freshness: max(.milliseconds(50), .microseconds(configuration.policy.guardMicroseconds / 2))))
    }
  }

  static func withClient<Result: Sendable>(
    _ configuration: WorkerConfiguration, _ body: @Sendable (LimiterClient) async throws -> Result
  ) async throws -> Result {
    let route: LimiterRoute
    if let socket = configuration.socket {
      route = .limiterd(socket: socket)
    } else {
      var settings = LimiterSettings(
        policy: configuration.policy.policy, redis: try RedisConfiguration(url: configuration.redisURL),
        name: "simulated worker \(configuration.number)")
      settings.slowAfter = SimulationBounds.redisSlowAfter
      route = .redis(settings)
    }
    var logger = Logger(label: "worker \(configuration.number)")
    // What goes wrong with a call is told in the report; lost connections of all workers at once would fill the terminal.
    logger.logLevel = .error
    return try await LimiterClient.withClient(route, logger: logger, body)
  }

  /// Asks something that changes nothing: then it is known to be there, and the session open.
  func check() async throws {
    _ = try await limiter.usage(of: AdmissionRequest(model: model, run: SimulationPolicy.run))
  }

  func acquire(_ call: TraceCall, until end: ContinuousClock.Instant) async throws -> Answer {
    let request = AdmissionRequest(
      model: model, inputTokens: call.inputTokens, outputTokens: call.outputTokens, run: SimulationPolicy.run)
    switch try await limiter.acquire(request, waitingUpTo: max(.zero, end - .now)) {
    case .granted(let permit): return .granted(permit)
    // Larger than a limit can only be larger than the budget: no other such call is in the schedule.
    case .denied(let denial): return .denied([.budget, .tooLarge].contains(denial.reason) ? .unaffordable : .expired)
    }
  }

  /// The guard covers the way from the decision to the provider. A process that did not get a processor meanwhile would arrive later than that,
  /// and the provider would count the call in a window in which the limiter does not: such a permit must not be used.
  func isLate(_ permit: Permit) -> Bool {
    // The batch was sent `hold` before the permit ends, so this is at least its age.
    let age = ContinuousClock.now - (permit.validUntil - hold)
    return age > freshness
  }

  /// The call was not sent.
  func giveBack(_ permit: Permit) async {
    await end { try await limiter.cancel(permit) }
  }

  func settle(_ permit: Permit, inputTokens: Int64, outputTokens: Int64) async {
    await end { try await limiter.settle(permit, Usage(inputTokens: inputTokens, outputTokens: outputTokens)) }
  }

  /// The provider refused it: it costs nothing, and what it reserved of the rates stays.
  func settleRefused(_ permit: Permit) async {
    await end { try await limiter.settle(permit, Usage(nanodollars: 0)) }
  }

  /// Nobody knows what the provider did: it stays charged.
  func abandon(_ permit: Permit) async {
    await end { try await limiter.abandon(permit) }
  }

  /// A settlement that Redis has not confirmed in time is sent until it is.
  private func end(_ settle: () async throws -> SettleOutcome) async {
    do { _ = try await settle() } catch {}
  }
}
