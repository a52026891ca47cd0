/// The order of waiters: priority class first, then arrival, and a class up for each 30 s of waiting; class 1 is ahead of all, and
/// nobody rises into it.
///
/// All of it is one number that never changes: a waiter of class `c` that came at `t` is due at `t + 30 s * c`. Of two waiters the one
/// that came 30 s per class earlier is due first, whenever they are compared.
struct WaiterRank: Sendable, Hashable, Comparable {
  /// How long a waiter waits to be as good as one of the next better class, in microseconds.
  static let classStep: Int64 = 30_000_000
  /// What puts class 1 ahead: more than 35 years in microseconds, and exact in a double together with a time.
  private static let ahead: Int64 = 1 << 50

  /// Microseconds.
  var due: Int64
  /// Ascending in the order of arrival.
  var arrival: UInt64

  init(priority: Int, at time: Int64, arrival: UInt64) {
    due = priority <= 1 ? time - Self.ahead : time + Int64(priority) * Self.classStep
    self.arrival = arrival
  }

  private init(due: Int64, arrival: UInt64) {
    self.due = due
    self.arrival = arrival
  }

  static let last = WaiterRank(due: .max, arrival: .max)

  static func < (left: WaiterRank, right: WaiterRank) -> Bool {
    (left.due, left.arrival) < (right.due, right.arrival)
  }
}
