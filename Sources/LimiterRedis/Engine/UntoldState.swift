internal import LimiterCore

/// What Redis is still to be told by this process.
struct UntoldState {
  /// Parts that were not confirmed, in their order.
  var parts: [(part: Announcement, isLast: Bool)] = []
  /// The number of the last part that this session has told.
  var number: Int64 = 0
  var isTelling = false
  /// How often in a row it could not be told.
  var failures = 0
  /// Permits of the local share that are in no part yet, by id.
  var permits = LocalPermits()
  /// Lanes of which Redis has forgotten something, and nothing is told of that yet.
  var forgotten: [String: ForgottenOperations] = [:]
  /// Permits that are told for that reason: a settlement that is under way may come before.
  var again: Set<String> = []
  /// Lanes ask whether Redis remembers them.
  var isDoubted = false
  /// When all is told, what was settled lately is settled again.
  var settlesAgain = false
  /// Where permits are whose session is over, by id.
  var moved: [String: PermitPlace] = [:]

  /// All permits of which Redis may not know.
  var permitIDs: [String] { parts.flatMap(\.part.permits).map(\.id) + permits.all.keys }

  /// Above so many the places of old permits are forgotten: a late settlement of one of them finds nothing.
  static let mostMoved = 100_000
  /// Windows, budgets and permits of one part.
  static let partSize = 256
}

/// What Redis has decided of a lane, and knows no longer.
struct ForgottenOperations {
  /// The last that it knows.
  var after: Int64
  var through: Int64

  func contains(_ operation: Int64) -> Bool { operation > after && operation <= through }

  mutating func join(_ other: ForgottenOperations) {
    (after, through) = (min(after, other.after), max(through, other.through))
  }
}

/// Redis gives no answer.
package struct Degraded: Sendable {
  /// Since when, on the local monotonic clock in microseconds.
  package var since: Int64
  package var cause: any Error
}

/// A call was left without an answer for too long, and nobody knows why.
package struct NoAnswer: Error, CustomStringConvertible {
  var microseconds: Int64

  package var description: String { "Redis has left a call without an answer for \(microseconds / 1_000) ms" }
}
