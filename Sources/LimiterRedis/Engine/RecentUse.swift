internal import DequeModule
internal import LimiterCore

/// What this process has used lately and holds no longer: permits that are settled, and what was only counted. It is told to a Redis that
/// has lost the last part of its state.
///
/// Cost: one entry per settlement, and per batch that counted something without a permit.
struct RecentUse {
  /// What a batch has counted without a permit.
  struct Count {
    var session: String
    var lane: String
    var operation: Int64
    var decidedAt: ServerTime
    /// Windows, each once.
    var amounts: [(limit: EffectiveLimit, amount: Int64)]
  }

  /// Entries of each kind, at most; of more, the last.
  static let capacity = 4_096
  /// How much older than the last one they may be, in microseconds: longer than a process needs to find out that Redis was replaced.
  static let time: Int64 = 30_000_000

  private var settled: Deque<(at: Int64, Settlement)> = []
  private var counted: Deque<(at: Int64, Count)> = []

  /// Those that Redis has confirmed, oldest first.
  var settlements: some BidirectionalCollection<Settlement> { settled.lazy.map(\.1) }

  /// Oldest first.
  var counts: some Collection<Count> { counted.lazy.map(\.1) }

  /// Whether the last that is known of a permit is that it was abandoned. Looks through all of them.
  func isAbandoned(_ id: String) -> Bool {
    settled.last { $0.1.item.id == id }?.1.item.ending == .abandoned
  }

  mutating func append(_ settlement: Settlement, at now: Int64) {
    settled.append((now, settlement))
    Self.trim(&settled, at: now)
  }

  /// Redis has decided a batch.
  mutating func heard(_ answer: AcquireAnswer, to batch: AcquireBatch, at now: Int64) {
    guard case .decided(let decidedAt, _, _, let decisions) = answer,
      batch.requests.contains(where: { !$0.isRecorded })
    else { return }
    var added = [Int64](repeating: 0, count: batch.limits.count)
    for (request, decision) in zip(batch.requests, decisions) where decision == .granted && !request.isRecorded {
      for need in request.needs { added[need.limit] += need.amount }
    }
    let amounts = zip(batch.limits, added).filter { $1 > 0 }.map { (limit: $0, amount: $1) }
    if amounts.isEmpty { return }
    counted.append(
      (
        now,
        Count(
          session: batch.session, lane: batch.lane, operation: batch.operation, decidedAt: decidedAt, amounts: amounts)
      ))
    Self.trim(&counted, at: now)
  }

  private static func trim<Use>(_ uses: inout Deque<(at: Int64, Use)>, at now: Int64) {
    while let first = uses.indices.first, uses.count > capacity || uses[first].at < now - time { uses.removeFirst() }
  }

  /// All state was lost, and what was used is told from elsewhere.
  mutating func removeAll() { self = RecentUse() }
}
