import Foundation
import LimiterClient
import LimiterCore

/// A worker process: it replays its part of the arrivals through the limiter and the provider.
///
///     arrival --acquire--> permit --HTTP--> answer --settle-->
///         |  (ends at the end of the run)     (is always awaited)
///
/// Its input is two kinds of lines, the configuration and then commands; its output is ``WorkerMessage`` as lines of JSON.
package struct SimulationWorker: Sendable {
  private let configuration: WorkerConfiguration
  private let tally = WorkerTally()
  private let output: LineWriter

  /// Runs until everything is settled.
  ///
  /// - Returns: the status with which the process should end.
  package static func run() async -> Int32 {
    let output = LineWriter(FileHandle.standardOutput)
    let lines = InputLines.standardInput()
    do {
      guard let first = await next(of: lines) else {
        throw SimulationError(
          .worker, "expected a configuration on standard input, came its end; workers are started by `simulate`")
      }
      let configuration = try JSONDecoder().decode(WorkerConfiguration.self, from: first)
      try await SimulationWorker(configuration: configuration, output: output).run(lines)
      return 0
    } catch {
      output.write(WorkerMessage.fatal(message: "\(error)"))
      return 1
    }
  }

  private func run(_ lines: AsyncStream<Data>) async throws {
    if let chain = configuration.chain {
      try await ChainCaller.with(configuration, chain) { caller in
        output.write(WorkerMessage.ready)
        await replay(lines, caller)
        output.write(WorkerMessage.end(tally.take(caller.statistics)))
      }
      return
    }
    try await WorkerLimiter.with(configuration) { limiter in
      try await ProviderClient.with(url: configuration.providerURL, model: configuration.policy.model.name) {
        provider in
        try await limiter.check()
        try await provider.connect(configuration.connections)
        output.write(WorkerMessage.ready)
        await replay(lines, limiter, provider)
      }
    }
    output.write(WorkerMessage.end(tally.take()))
  }

  /// Through the whole library: what becomes of a call is its business.
  private func replay(_ lines: AsyncStream<Data>, _ caller: ChainCaller) async {
    guard let first = await Self.next(of: lines), Self.command(first) == .go else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.tellProgress(caller) }
      await arrive(until: lines) { call, due, end in
        self.tally.granted()
        let (record, error) = await caller.complete(call, due: due, end: end)
        if let error { self.tally.failed(error) }
        if record.outcome.isDenial { self.tally.takenBack(record) } else { self.tally.ended(record) }
      }
      group.cancelAll()
    }
  }

  private func replay(
    _ lines: AsyncStream<Data>, _ limiter: WorkerLimiter, _ provider: ProviderClient
  ) async {
    guard let first = await Self.next(of: lines), Self.command(first) == .go else { return }
    let (granted, send) = AsyncStream.makeStream(of: Granted.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.sendAll(granted, limiter, provider) }
      group.addTask { await self.tellProgress() }
      await arrive(until: lines) { call, due, end in await self.admit(call, due: due, end: end, limiter, send) }
      send.finish()
      // The sender is done when the last call is; then there is no progress to tell.
      await group.next()
      group.cancelAll()
    }
  }

  private static func next(of lines: AsyncStream<Data>) async -> Data? {
    var iterator = lines.makeAsyncIterator()
    return await iterator.next()
  }

  private static func command(_ line: Data) -> WorkerCommand? {
    WorkerCommand(rawValue: String(decoding: line, as: UTF8.self))
  }

  // MARK: Arrivals

  private struct Granted: Sendable {
    var call: TraceCall
    var due: ContinuousClock.Instant
    var end: ContinuousClock.Instant
    var permit: Permit
    var waitMilliseconds: Double
  }

  /// All arrivals, or as many as there are until the parent says stop: then those that wait are told no.
  private func arrive(
    until commands: AsyncStream<Data>,
    _ make: @escaping @Sendable (TraceCall, ContinuousClock.Instant, ContinuousClock.Instant) async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.arriveAll(make) }
      group.addTask {
        for await line in commands where Self.command(line) == .stop { return }
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func arriveAll(
    _ make: @escaping @Sendable (TraceCall, ContinuousClock.Instant, ContinuousClock.Instant) async -> Void
  ) async {
    let start = ContinuousClock.now
    let end = start + .microseconds(configuration.durationMicroseconds)
    await withDiscardingTaskGroup { group in
      for call in configuration.schedule {
        let due = start + .microseconds(call.atMicroseconds)
        do { try await Task.sleep(until: due, tolerance: .milliseconds(1), clock: .continuous) } catch { return }
        tally.arrived()
        group.addTask { await make(call, due, end) }
      }
    }
  }

  private func admit(
    _ call: TraceCall, due: ContinuousClock.Instant, end: ContinuousClock.Instant, _ limiter: WorkerLimiter,
    _ send: AsyncStream<Granted>.Continuation
  ) async {
    do {
      let answer = try await limiter.acquire(call, until: end)
      let wait = (ContinuousClock.now - due).milliseconds
      switch answer {
      case .granted(let permit):
        tally.granted()
        send.yield(Granted(call: call, due: due, end: end, permit: permit, waitMilliseconds: wait))
      case .denied(let outcome): tally.ended(CallRecord(outcome, call, waitMilliseconds: wait))
      }
    } catch {
      let outcome = noDecision(because: error)
      tally.ended(CallRecord(outcome, call, waitMilliseconds: (ContinuousClock.now - due).milliseconds))
    }
  }

  /// What became of a call that was not decided; an error is counted.
  private func noDecision(because error: any Error) -> CallRecord.Outcome {
    if error is CancellationError { return .expired }
    tally.failed(error)
    return .undecided
  }

  // MARK: Calls

  private func sendAll(_ granted: AsyncStream<Granted>, _ limiter: WorkerLimiter, _ provider: ProviderClient) async {
    await withDiscardingTaskGroup { group in
      for await call in granted { group.addTask { await self.send(call, limiter, provider) } }
    }
  }

  private func send(_ first: Granted, _ limiter: WorkerLimiter, _ provider: ProviderClient) async {
    guard let granted = await fresh(first, limiter) else { return }
    let outcome: CallRecord.Outcome
    var charged: Int64 = 0
    switch await provider.complete(granted.call, grantedAt: granted.permit.grantedAt.microseconds) {
    case .completed(let input, let output):
      outcome = .completed
      charged = configuration.policy.model.cost(input: input, output: output)
      await limiter.settle(granted.permit, inputTokens: input, outputTokens: output)
    case .rejected:
      outcome = .rejected
      await limiter.settleRefused(granted.permit)
    case .broken(let error):
      outcome = .broken
      tally.failed(error)
      charged = configuration.policy.model.cost(input: granted.call.inputTokens, output: granted.call.outputTokens)
      await limiter.abandon(granted.permit)
    }
    tally.ended(
      CallRecord(
        outcome, granted.call, waitMilliseconds: granted.waitMilliseconds,
        grantedAt: granted.permit.grantedAt.microseconds, nanodollars: charged))
  }

  /// - Returns: the permit or, if it has become too old on its way, another one; `nil` if there is none in time.
  private func fresh(_ first: Granted, _ limiter: WorkerLimiter) async -> Granted? {
    var granted = first
    while limiter.isLate(granted.permit) {
      await limiter.giveBack(granted.permit)
      let answer: WorkerLimiter.Answer
      do { answer = try await limiter.acquire(granted.call, until: granted.end) } catch {
        answer = .denied(noDecision(because: error))
      }
      granted.waitMilliseconds = (ContinuousClock.now - granted.due).milliseconds
      switch answer {
      case .granted(let permit): granted.permit = permit
      case .denied(let outcome):
        tally.takenBack(CallRecord(outcome, granted.call, waitMilliseconds: granted.waitMilliseconds))
        return nil
      }
    }
    return granted
  }

  private func tellProgress(_ caller: ChainCaller? = nil) async {
    while (try? await Task.sleep(for: .milliseconds(500))) != nil {
      output.write(WorkerMessage.progress(tally.take(caller?.statistics)))
    }
  }
}
