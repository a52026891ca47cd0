internal import LimiterCore

/// Permits whose holders are done: group commit, as for admissions. A settlement can be sent any number of times, so it
/// is sent until it is answered.
struct SettleQueue {
  private(set) var waiting: [Settlement] = []
  private(set) var inFlight: [Settlement] = []
  private(set) var failures = 0
  /// The batch in flight is not on its way: it is sent again when Redis decides again.
  var isParked = false
  /// Whether a copy of the batch in flight may have run, whose answer was lost.
  private(set) var mayHaveRun = false

  /// All of them, in their order.
  var all: [Settlement] { inFlight + waiting }

  var count: Int { waiting.count + inFlight.count }

  mutating func append(_ settlement: Settlement) {
    waiting.append(settlement)
  }

  /// Asked too early: it comes before all that wait.
  mutating func putBack(_ settlement: Settlement) {
    waiting.insert(settlement, at: 0)
  }

  /// The next batch, if none is in flight.
  mutating func next() -> SettleBatch? {
    guard inFlight.isEmpty, let first = waiting.first else { return nil }
    inFlight = first.isAlone ? [first] : waiting.prefix(LimiterBounds.batch).prefix { !$0.isAlone }
    waiting.removeFirst(inFlight.count)
    return batch
  }

  /// Redis refused the batch in flight, and has changed nothing: its settlements are sent one by one. False when it was one.
  mutating func separate() -> Bool {
    guard inFlight.count > 1 else { return false }
    for settlement in inFlight { settlement.isAlone = true }
    waiting.insert(contentsOf: inFlight, at: 0)
    _ = answered()
    return true
  }

  /// The batch in flight.
  var batch: SettleBatch {
    SettleBatch(
      windowLengths: inFlight.reduce(into: [:]) { lengths, settlement in
        if !settlement.windowLengths.isEmpty { lengths.merge(settlement.windowLengths) { first, _ in first } }
      },
      items: inFlight.map(\.item))
  }

  /// The batch in flight was answered.
  mutating func answered() -> [Settlement] {
    failures = 0
    mayHaveRun = false
    isParked = false
    defer { inFlight = [] }
    return inFlight
  }

  /// The batch in flight got no answer: how long to wait before it is sent again, in milliseconds.
  mutating func failed(mayHaveRun: Bool) -> Int64 {
    failures += 1
    if mayHaveRun { self.mayHaveRun = true }
    return 10 << min(Int64(failures) - 1, 6)
  }
}
