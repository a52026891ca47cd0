import Foundation
import LimiterConfiguration
import Oracle
import PrivateRedis
import RedisClient

/// One run: Redis, the provider, the workers, and the oracles at the end.
///
///     Redis <---- worker processes ----> provider (here, over HTTP)
///       |                 | what they saw        |
///       AOF  -----------> oracles <------------- log
package struct SimulationRun: Sendable {
  package let settings: SimulationSettings
  let schedule: Schedule
  private let progress: Progress

  /// Reads the trace and plans the arrivals; nothing is started.
  package init(_ settings: SimulationSettings, progress: Progress = .silent) throws(SimulationError) {
    self.settings = settings
    self.progress = progress
    let trace =
      switch settings.source {
      case .file(let path): try TraceReader.read(path: path)
      case .synthetic: try SyntheticTrace.make(seed: settings.seed)
      }
    schedule = try Schedule.make(
      trace: trace, limits: settings.limits, load: settings.load, duration: settings.duration,
      headroomPerMille: settings.headroomPerMille, seed: settings.seed)
    if let url = settings.redisURL {
      do { _ = try RedisConfiguration(url: url) } catch { throw SimulationError(.configuration, error.explanation) }
    }
  }

  /// Starts everything, waits for the end, and ends everything.
  ///
  /// - Parameter interrupts: the first one stops the arrivals, the second one ends the workers at once. Either way there is a report.
  /// - Throws: ``SimulationError`` when it cannot run at all; `CancellationError`.
  package func run(interrupts: AsyncStream<Void>) async throws -> SimulationOutcome {
    progress.say(plan)
    let policy = policy
    if let url = settings.redisURL { return try await run(policy, at: url, interrupts) }
    let server: PrivateRedisServer
    // The history must outlive the server's process, not the machine: a decision need not wait for a disk.
    let configuration = PrivateRedisConfiguration(extraLines: ["appendfsync no"])
    do { server = try await PrivateRedisServer.start(configuration) } catch let error as PrivateRedisError {
      let way = error.code == .executableMissing ? "; or name a Redis with --redis URL" : ""
      throw SimulationError(.environment, error.message + way)
    }
    let outcome: Result<SimulationOutcome, any Error>
    do { outcome = .success(try await run(policy, server, redis: server.socketURL, interrupts)) } catch {
      outcome = .failure(error)
    }
    await server.stop()
    return try outcome.get()
  }

  /// In somebody's Redis, which is left as it was.
  private func run(
    _ policy: SimulationPolicy, at url: String, _ interrupts: AsyncStream<Void>
  ) async throws -> SimulationOutcome {
    if let warning = try await RedisCheck.look(at: url) { progress.say(warning) }
    let start = Date.now
    let result: Result<SimulationOutcome, any Error>
    do { result = .success(try await run(policy, nil, redis: url, interrupts)) } catch { result = .failure(error) }
    if let left = await RedisCleanup.remove(policy, since: start, at: url) { progress.say(left) }
    return try result.get()
  }

  private func run(
    _ policy: SimulationPolicy, _ server: PrivateRedisServer?, redis: String, _ interrupts: AsyncStream<Void>
  ) async throws -> SimulationOutcome {
    var configuration = ProviderConfiguration(
      limits: settings.limits, fitting: schedule, duration: settings.duration, load: settings.load)
    configuration.faults = settings.faults
    if settings.chain != nil {
      configuration.isPerModel = true
      // As long as the bound of the call allows: then it is the trace's.
      configuration.outputTokens = SimulationBounds.tokens.upperBound
    }
    let provider = SimulatedProvider(configuration)
    let (addresses, ready) = AsyncStream.makeStream(of: String.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { ready.finish() }
        try await provider.run { ready.yield($0) }
      }
      var iterator = addresses.makeAsyncIterator()
      guard let address = await iterator.next() else {
        try await group.waitForAll()
        throw SimulationError(.environment, "the simulated provider could not listen on 127.0.0.1")
      }
      let fleet = WorkerFleet()
      let sidecars =
        settings.limiterds > 0
        ? try SidecarFleet(settings.limiterds, command: settings.sidecar, policy: policy, redis: redis) : nil
      let timing: Timing
      do {
        timing = try await work(fleet, sidecars, policy, redis: redis, provider, address, interrupts)
      } catch {
        await fleet.end()
        await sidecars?.end()
        throw error
      }
      group.cancelAll()
      let troubles = sidecars?.troubles ?? []
      await sidecars?.end()
      return judge(fleet, policy, provider.ledger, server, timing, troubles)
    }
  }

  /// When calls arrived, on the provider's clock.
  struct Timing {
    var startMicroseconds: Int64
    /// The time that was there for arrivals.
    var arrivals: Duration
    /// Until the last worker had gone: less than `arrivals` when there was nothing more to do.
    var whole: Duration
    /// No call could have met a fault any more when the time for arrivals was over.
    var faultsAreOver: Bool
    var isInterrupted: Bool
  }

  /// In a domain of its own, every time.
  private var policy: SimulationPolicy {
    SimulationPolicy(
      domain: "simulation-\(UUID().uuidString.prefix(8).lowercased())", model: settings.model,
      fallbacks: settings.chain.map { Array($0.models.dropFirst()) }, limits: settings.limits,
      budget: settings.budget, headroomPerMille: settings.headroomPerMille,
      guardMicroseconds: settings.guardTime.microseconds)
  }

  private func work(
    _ fleet: WorkerFleet, _ sidecars: SidecarFleet?, _ policy: SimulationPolicy, redis: String,
    _ provider: SimulatedProvider, _ address: String,
    _ interrupts: AsyncStream<Void>
  ) async throws -> Timing {
    let configurations = (0..<settings.workers).map { number in
      let mine = schedule.calls.indices.filter { $0 % settings.workers == number }.map { schedule.calls[$0] }
      return WorkerConfiguration(
        number: number + 1, redisURL: redis, socket: sidecars?.socket(ofWorker: number + 1), providerURL: address,
        policy: policy,
        durationMicroseconds: settings.duration.microseconds, chain: settings.chain?.names,
        connections: max(1, min(SimulationBounds.connections / settings.workers, 8)),
        calls: mine.map { [$0.atMicroseconds, $0.inputTokens, $0.outputTokens] })
    }
    try fleet.start(settings.worker, configurations)
    await first(within: SimulationBounds.start) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await fleet.waitUntilReady() }
        if let sidecars { group.addTask { await sidecars.waitUntilOneIsGone() } }
        await group.next()
        group.cancelAll()
      }
    }
    try Task.checkCancellation()
    if let trouble = sidecars?.troubles.first { throw SimulationError(.environment, trouble) }
    let status = fleet.status
    guard status.ready == settings.workers, status.gone == 0 else {
      throw SimulationError(
        .worker,
        status.troubles.first
          ?? "expected \(settings.workers) workers to be ready within \(DurationText.format(SimulationBounds.start)), \(status.ready) are"
      )
    }
    let start = provider.ledger.now
    provider.startFaults()
    fleet.send(.go)
    let interrupted = Interruption()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await fleet.waitUntilGone() }
      group.addTask { await self.obey(interrupts, fleet, interrupted, provider.ledger) }
      group.addTask { await self.tellProgress(fleet, provider.ledger, since: start) }
      group.addTask {
        // Nobody drains for ever: an end for a worker that hangs.
        try? await Task.sleep(for: settings.duration + SimulationBounds.drain)
        if !Task.isCancelled { fleet.kill() }
        await fleet.waitUntilGone()
      }
      await group.next()
      group.cancelAll()
    }
    let end = provider.ledger.now
    progress.end()
    progress.say("")
    try Task.checkCancellation()
    let arrivals = interrupted.at.map { min(settings.duration, .microseconds($0 - start)) } ?? settings.duration
    return Timing(
      startMicroseconds: start, arrivals: arrivals, whole: .microseconds(end - start),
      faultsAreOver: provider.faultsAreOver(after: arrivals), isInterrupted: interrupted.at != nil)
  }

  private func obey(
    _ interrupts: AsyncStream<Void>, _ fleet: WorkerFleet, _ interruption: Interruption, _ ledger: ProviderLedger
  ) async {
    for await _ in interrupts {
      if interruption.note(at: ledger.now) {
        progress.say("interrupted: no more arrivals, waiting for the calls that were sent (once more ends them)")
        fleet.send(.stop)
      } else {
        fleet.kill()
      }
    }
    // Without interrupts there is nothing to obey; the group ends with the workers.
    await fleet.waitUntilGone()
  }

  private func tellProgress(_ fleet: WorkerFleet, _ ledger: ProviderLedger, since start: Int64) async {
    while (try? await Task.sleep(for: progress.interval)) != nil {
      let seconds = Double(ledger.now - start) / 1_000_000
      progress.update(
        ProgressLine(
          seconds: min(seconds, settings.duration.seconds), duration: settings.duration.seconds,
          counters: fleet.counters,
          provider: ledger.totals, isDraining: seconds > settings.duration.seconds
        ).text)
    }
  }

  /// Runs `body` until it ends or its time is over.
  private func first(within limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private var plan: String {
    let limits =
      (settings.limits.windows.map(\.description) + (settings.limits.concurrency.map { ["concurrency=\($0)"] } ?? []))
    return
      "\(schedule.calls.count) calls in \(DurationText.format(settings.duration)) from \(PlainCount.workers(settings.workers))\(PlainCount.via(settings.limiterds)); limits "
      + limits.joined(separator: ", ")
      + "; offered \(ReportText.decimal(settings.load, 2)) x \(schedule.binding.name), the trace at \(ReportText.decimal(schedule.speedup, 1)) x its speed"
  }
}
