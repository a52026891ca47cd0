/// What a ``FaultProxy`` has done.
package struct ProxyCounts: Sendable, Equatable {
  /// Connections that were accepted.
  package var connections = 0
  /// Those that it closed, however.
  package var cuts = 0
  /// Whole replies of the server that it swallowed: executed, and nobody heard.
  package var lostReplies = 0
  /// Pieces of requests that came during a stall.
  package var held = 0
  /// Requests that it sent a second time.
  package var doubled = 0

  package init() {}

  package static func + (one: Self, other: Self) -> Self {
    var sum = one
    sum.connections += other.connections
    sum.cuts += other.cuts
    sum.lostReplies += other.lostReplies
    sum.held += other.held
    sum.doubled += other.doubled
    return sum
  }
}
