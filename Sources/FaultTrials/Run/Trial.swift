import Foundation
import Simulation

/// One trial: steady work, faults, the way back, rest, and the verdict.
///
///     |-- warm-up --|-- baseline --|-- faults, and workers are killed --|-- the way back --|-- rest --| verdict
package struct Trial: Sendable {
  package let schedule: TrialSchedule
  package let load: TrialLoad
  package let programs: TrialPrograms
  /// Where the evidence of a failed trial is put; `nil`: nowhere.
  package var evidence: String?

  package init(_ schedule: TrialSchedule, load: TrialLoad, programs: TrialPrograms, evidence: String? = nil) {
    self.schedule = schedule
    self.load = schedule.callsProvider ? load.callingProvider : load
    self.programs = programs
    self.evidence = evidence
  }

  /// When what happened, by the monotonic clock in microseconds.
  struct Times: Sendable {
    var baseline: Int64 = 0
    var firstFault: Int64 = 0
    var lastFault: Int64 = 0
    var end: Int64 = 0
  }

  /// - Parameter tell: hears of what is being done.
  /// - Throws: ``TrialError`` and others when it could not be carried out, which is no violation; `CancellationError`.
  package func run(_ tell: @escaping @Sendable (String) -> Void = { _ in }) async throws -> TrialResult {
    let start = ContinuousClock.now
    let world = try await TrialWorld(
      seed: schedule.seed, faults: schedule.faults.map(\.fault), load: load, programs: programs,
      callsProvider: schedule.callsProvider)
    do {
      var result = try await run(in: world, tell)
      result.seconds = (ContinuousClock.now - start).seconds
      if result.violationCount > 0, let evidence { result = await world.keepEvidence(in: evidence, result) }
      await world.close()
      return result
    } catch {
      var missing: [String] = []
      if let evidence, !(error is CancellationError) {
        missing = await world.keepEvidence(in: evidence, TrialResult(schedule)).notes
      }
      await world.close()
      throw missing.isEmpty ? error : TrialError((["\(error)"] + missing).joined(separator: "; "))
    }
  }

  private func run(in world: TrialWorld, _ tell: @escaping @Sendable (String) -> Void) async throws -> TrialResult {
    var times = Times()
    tell("starting")
    try await world.start()
    var counter = GrantCounter()
    try await waitUntil("all workers work", within: TrialBounds.start) {
      counter.look(await world.allWorkers)
      return counter.total >= load.workers * load.callers
    }
    try await Task.sleep(for: load.warmUp)
    times.baseline = MonotonicClock.now
    counter.look(await world.allWorkers)
    let granted = counter.total
    tell("steady work")
    try await Task.sleep(for: load.baseline)
    times.firstFault = MonotonicClock.now
    counter.look(await world.allWorkers)
    let usual = Double(counter.total - granted) / load.baseline.seconds
    try await inflict(world, tell)
    times.lastFault = MonotonicClock.now
    tell("the way back")
    try await wayBack(world, to: usual * load.recoveredShare, &counter)
    times.end = MonotonicClock.now
    tell("coming to rest")
    await world.endWorkers()
    let left = try await world.waitForFreeSlots(
      within: .milliseconds(world.policy.sessionMilliseconds) + TrialBounds.grace + TrialBounds.reapSlack
        + (schedule.leavesOrphans ? TrialBounds.orphans : .zero))
    await world.endLimiterds()
    await world.endProvider()
    tell("judging")
    return try await world.judge(schedule, times, slotsLeft: left)
  }

  /// The faults one after the other, and beside them the end of workers.
  private func inflict(_ world: TrialWorld, _ tell: @escaping @Sendable (String) -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if schedule.kills > 0 { group.addTask { try await world.killWorkers(schedule.kills) } }
      group.addTask {
        while true {
          try await Task.sleep(for: .milliseconds(200))
          try await world.reviveLimiterds()
        }
      }
      for (pause, fault) in schedule.faults {
        try await Task.sleep(for: pause)
        tell(fault.description)
        do { try await world.inflict(fault) } catch let error where !(error is CancellationError) {
          throw TrialError("\(fault): \(error)")
        }
      }
      // Of the workers' ends, too; the other task has none.
      if schedule.kills > 0 { try await group.next() }
      group.cancelAll()
      while let ended = await group.nextResult() {
        if case .failure(let error) = ended, !(error is CancellationError) { throw error }
      }
    }
  }

  /// Until there are as many calls again as before, or the time for that is over.
  private func wayBack(_ world: TrialWorld, to enough: Double, _ counter: inout GrantCounter) async throws {
    let limit = Duration.microseconds(world.policy.windowMicroseconds) + TrialBounds.recovery
    let deadline = ContinuousClock.now + limit + TrialBounds.throughputSpan
    counter.look(await world.allWorkers)
    var seen = [(at: ContinuousClock.now, total: counter.total)]
    var good = 0
    while ContinuousClock.now < deadline, good < 3 {
      try await Task.sleep(for: .milliseconds(500))
      try await world.reviveLimiterds()
      counter.look(await world.allWorkers)
      seen.append((.now, counter.total))
      guard seen.count >= 3 else { continue }
      let (last, before) = (seen[seen.count - 1], seen[seen.count - 3])
      let rate = Double(last.total - before.total) / (last.at - before.at).seconds
      good = rate >= enough ? good + 1 : 0
    }
  }
}

extension Duration {
  var seconds: Double { self / .seconds(1) }
}
