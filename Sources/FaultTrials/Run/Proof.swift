import Foundation
import SeededRandom
import Simulation

/// A series of trials: which, with what seeds, and what they have shown together.
package struct Proof: Sendable {
  package enum Size: String, Sendable, Codable {
    /// A few minutes.
    case quick
    /// About half an hour.
    case full
  }

  package var schedules: [TrialSchedule]
  package var load: TrialLoad
  package var programs: TrialPrograms
  /// A folder for what failed.
  package var evidence: String
  /// Families that cannot be tried here, and why.
  package var skipped: [String]

  /// Families of the quick one; the others take longer to say less.
  private static let quickFamilies: Set = [
    "redis-paused", "redis-killed", "redis-refuses", "broken-network", "lost-replies", "workers-die", "limiterd-dies",
    "provider", "redis-forgets",
  ]
  private static let fullRounds = 4
  private static let kills = 18

  /// - Parameter name: only the family of this name, once, with just this seed.
  package init(
    _ size: Size, seed: UInt64, only name: String? = nil, load: TrialLoad = .full, programs: TrialPrograms,
    evidence: String
  ) throws {
    self.load = load
    self.programs = programs
    self.evidence = evidence
    if let name {
      guard let family = TrialFamily.all.first(where: { $0.name == name }) else {
        throw TrialError("expected one of \(TrialFamily.all.map(\.name).joined(separator: ", ")); got \(name)")
      }
      if let obstacle = family.obstacle { throw TrialError("\(name) cannot be tried here: \(obstacle)") }
      schedules = [family.schedule(seed: seed, kills: Self.kills)]
      skipped = []
      return
    }
    let families = TrialFamily.all.filter { size == .full || Self.quickFamilies.contains($0.name) }
    let possible = families.filter { $0.obstacle == nil }
    skipped = families.compactMap { family in family.obstacle.map { "\(family.name): \($0)" } }
    var random = SeededGenerator(seed: seed)
    schedules = []
    for _ in 0..<(size == .full ? Self.fullRounds : 1) {
      for family in possible { schedules.append(family.schedule(seed: random.next() >> 34, kills: Self.kills)) }
    }
  }

  /// - Parameters:
  ///   - tell: hears of what is being done: number, schedule, what.
  ///   - each: hears of each result.
  /// - Throws: `CancellationError`. A trial that could not be carried out is a violation of its own.
  package func run(
    _ tell: @escaping @Sendable (Int, TrialSchedule, String) -> Void, each: @escaping @Sendable (TrialResult) -> Void
  ) async throws -> ProofReport {
    let start = ContinuousClock.now
    var results: [TrialResult] = []
    for (index, schedule) in schedules.enumerated() {
      let trial = Trial(schedule, load: load, programs: programs, evidence: evidence)
      var result: TrialResult
      do { result = try await trial.run { tell(index + 1, schedule, $0) } } catch {
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        result = TrialResult(schedule)
        result.violate("could not be carried out: \(error)")
        result.evidence = evidence
      }
      each(result)
      results.append(result)
    }
    return ProofReport(
      results: results, skipped: skipped, versions: try await Versions.read(programs),
      seconds: (ContinuousClock.now - start).seconds)
  }
}
