internal import LimiterCore

/// Permits whose holders are done: group commit, as for admissions. A settlement can be sent any number of times, so it
/// is sent until it is answered.
struct SettleQueue {
  struct Entry {
    var id: UInt64
    var item: SettleBatch.Item
    /// Lengths of the windows to which usage may be added, by key name.
    var windowLengths: [String: Int64]
    /// What the permit has reserved, as far as this process knows.
    var needs: [LimitNeed] = []
    /// Until when it is held otherwise, on the local monotonic clock.
    var until: Int64 = 0
    /// Redis has confirmed it before, and may have forgotten that.
    var isAgain = false
    /// Redis refused a batch in which it was: it is sent by itself.
    var isAlone = false
    /// Redis did not know it, and was asked whether it has forgotten something.
    var isDoubted = false
  }

  private(set) var waiting: [Entry] = []
  private(set) var inFlight: [Entry] = []
  private(set) var failures = 0
  /// The batch in flight is not on its way: it is sent again when Redis decides again.
  var isParked = false
  /// Whether a copy of the batch in flight may have run, whose answer was lost.
  private(set) var mayHaveRun = false

  /// All of them.
  var entries: [Entry] { waiting + inFlight }

  var count: Int { waiting.count + inFlight.count }

  mutating func append(_ entry: Entry) {
    waiting.append(entry)
  }

  /// Asked too early: it comes before all that wait.
  mutating func putBack(_ entry: Entry, isDoubted: Bool = false) {
    var entry = entry
    if isDoubted { entry.isDoubted = true }
    waiting.insert(entry, at: 0)
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
    for index in inFlight.indices { inFlight[index].isAlone = true }
    waiting.insert(contentsOf: inFlight, at: 0)
    _ = answered()
    return true
  }

  /// The batch in flight.
  var batch: SettleBatch {
    SettleBatch(
      windowLengths: inFlight.reduce(into: [:]) { lengths, entry in
        if !entry.windowLengths.isEmpty { lengths.merge(entry.windowLengths) { first, _ in first } }
      },
      items: inFlight.map(\.item))
  }

  /// The batch in flight was answered.
  mutating func answered() -> [Entry] {
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
