import HeapModule

/// Who a waiting call belongs to, where those of a priority class share by weight.
package struct WaiterShare: Sendable, Hashable {
  package var name: String
  package var weight: Int64

  package init(name: String, weight: Int64) {
    self.name = name
    self.weight = weight
  }
}

/// Fairness between the tenants of a priority class: who has asked for much comes later.
///
/// Each tenant has a counter of virtual time (start-time fair queueing, Goyal et al. 1996; with tokens as cost: virtual token counter, Sheng
/// et al. 2024). A call starts at its tenant's counter and moves it on by the time in which the limits admit its amount, divided by the
/// tenant's weight; that start takes the place of its arrival in its rank, so the order is the same on all hosts. A tenant that
/// returns is lifted to the smallest start of the calls that wait: it has saved up nothing, and owes nothing for what nobody else wanted.
package struct FairShares: Sendable {
  private struct Start: Sendable, Comparable {
    var at: Int64
    var id: UInt64

    static func < (left: Start, right: Start) -> Bool { (left.at, left.id) < (right.at, right.id) }
  }

  private struct Class: Sendable {
    var counters: [String: Int64] = [:]
    var starts = Heap<Start>()
    /// The last floor, and how many have started there: no two calls have the same rank.
    var floor: Int64 = .min
    var lifted: Int64 = 0
  }

  /// What a tenant may be behind the others by what it has asked for before, in microseconds.
  static let longestDebt: Int64 = 600_000_000
  /// Counters and starts above which those are forgotten that matter no more.
  static let kept = 1_024

  private var classes: [Int: Class] = [:]

  package init() {}

  /// A call has come: when it starts, in microseconds of the clock of `now`.
  ///
  /// - Parameters:
  ///   - cost: see ``cost(of:)``.
  ///   - isWaiting: whether a call that came before has no answer yet.
  package mutating func start(
    _ share: WaiterShare, priority: Int, cost: Int64, id: UInt64, at now: Int64, isWaiting: (UInt64) -> Bool
  ) -> Int64 {
    var own = classes[priority] ?? Class()
    while let first = own.starts.min, !isWaiting(first.id) { own.starts.removeMin() }
    let floor = min(own.starts.min?.at ?? now, now)
    own.lifted = own.floor == floor ? own.lifted + 1 : 0
    own.floor = floor
    let start = min(max(floor + own.lifted, own.counters[share.name] ?? .min), now + Self.longestDebt)
    own.counters[share.name] = start + max(cost / max(share.weight, 1), 1)
    own.starts.insert(Start(at: start, id: id))
    if own.counters.count > Self.kept { own.counters = own.counters.filter { $0.value > floor } }
    if own.starts.count > Self.kept, own.starts.count > 2 * own.starts.unordered.count(where: { isWaiting($0.id) }) {
      own.starts = Heap(own.starts.unordered.filter { isWaiting($0.id) })
    }
    classes[priority] = own
    return start
  }

  /// When a call would start that came now, as ``start(_:priority:cost:id:at:isWaiting:)`` would say. It changes nothing.
  ///
  /// - Complexity: a look at each start that is remembered: for people that look.
  package func expectedStart(
    _ share: WaiterShare, priority: Int, at now: Int64, isWaiting: (UInt64) -> Bool
  ) -> Int64 {
    guard let own = classes[priority] else { return now }
    let floor = own.starts.unordered.reduce(now) { isWaiting($1.id) ? min($0, $1.at) : $0 }
    let lifted = own.floor == floor ? own.lifted + 1 : 0
    return min(max(floor + lifted, own.counters[share.name] ?? .min), now + Self.longestDebt)
  }

  /// The time in which the tightest of its limits admits what a call needs, in microseconds: a window's length by its amount, and a
  /// second by the number of slots.
  package static func cost(of needs: [LimitNeed]) -> Int64 {
    needs.reduce(1) { longest, need in
      let length: Int64
      switch need.limit.allowance {
      case .window(_, let microseconds): length = microseconds
      case .concurrency: length = 1_000_000
      case .budget: return longest
      }
      let whole = max(need.limit.amount, 1)
      guard need.amount < whole else { return max(longest, length) }
      let product = length.multipliedFullWidth(by: need.amount)
      return max(longest, whole.dividingFullWidth(product).quotient)
    }
  }
}
