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

  private struct Settled {
    var at: Int64
    /// The number of the connection to Redis over which its answer came, or a later one.
    var connection: Int
    var settlement: Settlement
  }

  private var settled: Deque<Settled> = []
  private var counted: Deque<(at: Int64, Count)> = []

  /// Those that Redis has confirmed, oldest first.
  var settlements: some BidirectionalCollection<Settlement> { settled.lazy.map(\.settlement) }

  /// The last one of each connection: whoever took Redis' place between two of them has forgotten the last one of before, if anything. Looks
  /// through all of them.
  var lastOfConnections: [Settlement] {
    settled.indices.filter { index in
      index + 1 == settled.count || settled[index].connection != settled[index + 1].connection
    }.map { settled[$0].settlement }
  }

  /// Oldest first.
  var counts: some Collection<Count> { counted.lazy.map(\.1) }

  /// Whether the last that is known of a permit is that it was abandoned. Looks through all of them.
  func isAbandoned(_ id: String) -> Bool {
    settled.last { $0.settlement.item.id == id }?.settlement.item.ending == .abandoned
  }

  /// - Parameter connection: the number of Redis' connection when its answer came.
  mutating func append(_ settlement: Settlement, over connection: Int, at now: Int64) {
    settled.append(Settled(at: now, connection: connection, settlement: settlement))
    Self.trim(&settled, \.at, at: now)
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
    Self.trim(&counted, \.at, at: now)
  }

  private static func trim<Use>(_ uses: inout Deque<Use>, _ at: (Use) -> Int64, at now: Int64) {
    while let first = uses.first, uses.count > capacity || at(first) < now - time { uses.removeFirst() }
  }

  /// All state was lost, and what was used is told from elsewhere.
  mutating func removeAll() { self = RecentUse() }
}
