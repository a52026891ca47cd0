/// What a trial has shown.
package struct TrialResult: Sendable, Codable {
  package var schedule: String
  package var seed: UInt64
  package var faults: [String]
  package var isBounded: Bool
  /// Permits that Redis has granted (that workers know of, when Redis has forgotten).
  package var admissions = 0
  package var denied = 0
  /// Calls and settlements of workers that got no answer, by what they were told.
  package var failures: [String: Int] = [:]
  /// Workers that were killed, and those of their permits that they held or were about to settle.
  package var kills = 0
  package var heldAtDeath = 0
  /// Calls that came to the provider, by its log: those that were on their way for longer than the guard, those that it answered with 429.
  package var calls = 0
  package var lateCalls = 0
  package var rejectedCalls = 0
  package var lostReplies = 0
  package var doubledRequests = 0
  /// After how many seconds a killed worker's permits had ended, at the latest, where nothing else was wrong.
  package var slowestRelease: Int64?
  /// Slots that stayed taken, and those that two held.
  package var leakedSlots = 0
  package var doubledSlots = 0
  /// Permits that Redis granted and no worker heard of; they were given back or charged as reserved.
  package var unknown = 0
  /// Permits that ended as abandoned.
  package var abandoned = 0
  /// Judgements that could have failed.
  package var checked = 0
  package var violations: [String] = []
  package var violationCount = 0
  /// The fullest window (or the most holders) as a part of its limit, by the workers' own logs.
  package var worst = 0.0
  /// Calls a second before the first fault, and how long after the last one until they were back.
  package var perSecond = 0.0
  package var recovery: Double?
  package var seconds = 0.0
  /// What is worth knowing and no violation.
  package var notes: [String] = []
  /// Where the history and the logs of a failed trial stand.
  package var evidence: String?

  init(_ schedule: TrialSchedule) {
    self.schedule = schedule.name
    seed = schedule.seed
    faults = schedule.faults.map(\.fault.description)
    isBounded = schedule.isBounded
  }

  mutating func violate(_ what: String, count: Int = 1) {
    violationCount += count
    if violations.count < 50 { violations.append(what) }
  }
}
