import Foundation
import LimiterClient
import LimiterCore
import Logging
import RedisClient
import SeededRandom
import Simulation
import Synchronization

/// A worker process: takes permits, holds them for a moment, settles them, and says each step before the next one begins.
package struct TrialWorker: Sendable {
  private let order: WorkerOrder
  private let log = WorkerLogWriter()
  /// SIGTERM: no new calls; those that are under way come to their end.
  private static let isStopping = Atomic(false)

  package init(_ order: WorkerOrder) { self.order = order }

  package func run() async throws {
    signal(SIGTERM) { _ in TrialWorker.isStopping.store(true, ordering: .relaxed) }
    signal(SIGINT, SIG_IGN)
    var settings = SidecarSettings(socket: order.socket, name: "w\(order.number)")
    settings.connection.reconnect = RedisReconnect(
      base: TrialBounds.workerReconnect, cap: TrialBounds.workerReconnect * 4, stablePeriod: .milliseconds(100))
    settings.patience = TrialBounds.patience
    var logger = Logger(label: "worker")
    logger.logLevel = .critical
    if let url = order.provider {
      try await ProviderClient.with(url: url, model: TrialPolicy.model) { [settings, logger] in
        try await work(settings, logger, $0)
      }
    } else {
      try await work(settings, logger, nil)
    }
    log.done()
  }

  /// All callers, until they stop.
  private func work(_ settings: SidecarSettings, _ logger: Logger, _ provider: ProviderClient?) async throws {
    try await LimiterClient.withClient(.limiterd(settings), logger: logger) { limiter in
      await withTaskGroup(of: Void.self) { group in
        for caller in 0..<order.callers { group.addTask { await call(limiter, provider, caller) } }
      }
    }
  }

  private var isStopping: Bool { Self.isStopping.load(ordering: .relaxed) }

  private func call(_ limiter: LimiterClient, _ provider: ProviderClient?, _ caller: Int) async {
    var random = SeededGenerator(seed: order.seed &* 8_191 &+ UInt64(caller))
    let tenant = caller < order.tenantCallers ? "t\(caller % TrialPolicy.tenants)" : nil
    let period = Duration.microseconds(order.period)
    var next = ContinuousClock.now + period * caller / max(order.callers, 1)
    var run = 0
    repeat {
      if !order.isOnce { try? await Task.sleep(until: next, tolerance: .microseconds(500)) }
      let input = Int64.random(in: 1...30, using: &random)
      let output = Int64.random(in: 0...20, using: &random)
      let request = AdmissionRequest(
        model: tenant == nil ? TrialPolicy.model : TrialPolicy.tenantModel, inputTokens: input, outputTokens: output,
        tenant: tenant,
        run: order.keepsRuns ? "\(caller)" : "\(order.number).\(caller).\(run)",
        priority: Int.random(in: 2...9, using: &random))
      if await attempt(limiter, provider, request, input, output, &random) == .budget { run += 1 }
      next = max(next + period, .now)
    } while !isStopping && !order.isOnce
  }

  /// - Returns: why it was denied, if it was.
  private func attempt(
    _ limiter: LimiterClient, _ provider: ProviderClient?, _ request: AdmissionRequest, _ input: Int64,
    _ output: Int64, _ random: inout SeededGenerator
  ) async -> Denial.Reason? {
    let permit: Permit
    do {
      switch try await limiter.acquire(request, waitingUpTo: .milliseconds(order.wait)) {
      case .denied(let denial):
        log.denied(denial.reason.rawValue)
        return denial.reason
      case .granted(let granted): permit = granted
      }
    } catch {
      log.failed("acquire", error)
      // A limiterd that refuses at once must not be asked without a pause.
      try? await Task.sleep(for: TrialBounds.workerPause)
      return nil
    }
    log.granted(permit, tenant: request.tenant)
    let hold = Int.random(in: 0...order.longestHold, using: &random)
    // Seldom, more than was reserved is used; a provider would refuse that.
    let isExcess = provider == nil && Int.random(in: 0..<50, using: &random) == 0
    let used = Usage(
      inputTokens: Int64.random(in: 0...input, using: &random) + (isExcess ? 30 : 0),
      outputTokens: Int64.random(in: 0...output, using: &random))
    if let provider {
      let call = TraceCall(
        atMicroseconds: 0, inputTokens: used.inputTokens ?? 0, outputTokens: used.outputTokens ?? 0)
      // What became of it stands in the provider's own log.
      _ = await provider.complete(call, grantedAt: permit.grantedAt.microseconds, user: permit.id)
    } else if hold > 0 {
      try? await Task.sleep(for: .microseconds(hold))
    }
    log.settling(permit, used)
    await settle(limiter, permit, used)
    return nil
  }

  /// A settlement that is not confirmed yet is sent until it is; the worker's end must wait for that.
  private func settle(_ limiter: LimiterClient, _ permit: Permit, _ used: Usage) async {
    let deadline = ContinuousClock.now + TrialBounds.settlePatience
    while true {
      do {
        let outcome = try await limiter.settle(permit, used)
        return log.settled(permit, "\(outcome)")
      } catch {
        log.failed("settle", error)
        guard ContinuousClock.now < deadline else { return }
        try? await Task.sleep(for: TrialBounds.workerPause)
      }
    }
  }
}
