import Foundation
import Hiredis
import PrivateRedis

/// Twice as many calls as the limits admit, for as long as one likes: nothing may grow, and every running total stays what it is the total of.
package struct Soak: Sendable {
  package let duration: Duration
  package let seed: UInt64
  package let load: TrialLoad
  package let programs: TrialPrograms
  private static let samples = 60
  private static let shortest = Duration.seconds(1)
  private static let killPause = Duration.seconds(5)

  package init(_ duration: Duration, seed: UInt64, load: TrialLoad = .saturated, programs: TrialPrograms) {
    self.duration = duration
    self.seed = seed
    self.load = load
    self.programs = programs
  }

  /// - Parameter each: hears of each sample.
  package func run(each: @escaping @Sendable (SoakSample) -> Void) async throws -> SoakReport {
    let world = try await TrialWorld(seed: seed, faults: [], load: load, programs: programs, isSoak: true)
    do {
      let report = try await run(in: world, each)
      await world.close()
      return report
    } catch {
      await world.close()
      throw error
    }
  }

  private func run(in world: TrialWorld, _ each: @escaping @Sendable (SoakSample) -> Void) async throws -> SoakReport {
    try await world.start()
    let start = ContinuousClock.now
    let pause = max(duration / Self.samples, Self.shortest)
    var samples: [SoakSample] = []
    var nextKill = start + Self.killPause
    while ContinuousClock.now < start + duration {
      try await Task.sleep(for: pause)
      // Sessions that end must not leave anything, either.
      if ContinuousClock.now >= nextKill {
        try await world.killWorkers(1, pause: .zero)
        nextKill += Self.killPause
      }
      try await world.reviveLimiterds()
      let sample = try await world.sample(seconds: (ContinuousClock.now - start).seconds)
      samples.append(sample)
      each(sample)
    }
    await world.endWorkers()
    let left = try await world.waitForFreeSlots(within: .seconds(5))
    let last = try await world.sample(seconds: (ContinuousClock.now - start).seconds)
    let held = try await world.heldAtRest()
    await world.endLimiterds()
    return SoakReport(
      samples: samples, atRest: last, slotsAreFree: left == 0, heldAtRest: held, kills: await world.kills,
      troubles: await world.troubles)
  }
}

extension TrialLoad {
  /// As ``full``, with limits for half of it.
  package static let saturated: TrialLoad = {
    var load = TrialLoad.full
    load.use = 2
    return load
  }()
}

extension TrialWorld {
  func sample(seconds: Double) async throws -> SoakSample {
    let admin = admin
    let prefix = "lim:{\(policy.domain)}:"
    let totals = try await admin.send("EVAL", DriftScript.source, "0", prefix).array?.compactMap(\.int) ?? []
    guard totals.count == DriftScript.answers else { throw TrialError("the totals could not be looked at") }
    let memory = try await admin.send("INFO", "memory").string ?? ""
    let grants = try await admin.send("HGET", "\(prefix)epoch", "last_us").int ?? 0
    return SoakSample(
      seconds: seconds, clock: grants,
      residentKilobytes: limiterds.map { ProcessLook.residentKilobytes($0.process.pid) },
      files: limiterds.map { ProcessLook.openFiles($0.process.pid) },
      keys: Int(try await admin.send("DBSIZE").int ?? 0),
      redisKilobytes: (ProcessLook.number(after: "used_memory:", in: memory) ?? 0) / 1_024,
      windowDrift: totals[0], slotDrift: totals[1], heldDrift: totals[2], entries: Int(totals[3]))
  }

  /// What budgets hold.
  func heldAtRest() async throws -> Int64 {
    try await admin.send("EVAL", DriftScript.held, "0", "lim:{\(policy.domain)}:").int ?? -1
  }
}
