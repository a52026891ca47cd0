/// What an oracle looked at and what it found.
package struct OracleReport: Codable, Sendable, Equatable {
  /// How many judgements were made. A clean report with `checked == 0` proves nothing.
  package var checked = 0
  /// The first violations in the order of the history, at most ``OracleBounds/violations``.
  package var violations: [Violation] = []
  /// All of them, also those that are not listed.
  package var violationCount = 0
  /// Limits that stand in the history and of which the caller gave no amount.
  package var unjudged: [String] = []
  /// Where an incomplete command or group was cut off at the end of the last file; `nil` if the end is whole.
  package var truncatedAt: Place?
  /// Groups (one script call, or one single command) that were replayed.
  package var groups = 0
  /// Of them, those in which a process told what it had admitted by itself, or before the state was lost: these are no admissions.
  package var announcements = 0

  package init() {}

  package mutating func add(_ invariant: Invariant, _ place: Place, _ what: String) {
    violationCount += 1
    if violations.count < OracleBounds.violations {
      violations.append(Violation(invariant: invariant, place: place, what: what))
    }
  }

  /// Adds what another oracle found.
  package mutating func merge(_ other: OracleReport) {
    checked += other.checked
    violationCount += other.violationCount
    violations.append(contentsOf: other.violations.prefix(OracleBounds.violations - violations.count))
    unjudged = Set(unjudged).union(other.unjudged).sorted()
    truncatedAt = truncatedAt ?? other.truncatedAt
    groups += other.groups
    announcements += other.announcements
  }
}
