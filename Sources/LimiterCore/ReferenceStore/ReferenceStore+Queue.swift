/// What a call needs of a limit for which it waits.
struct QueuedAmount: Sendable, Equatable {
  var rank: Int64
  var amount: Int64
}

/// A call that waits for a limit, as other hosts see it: `waiters.lua` in plain Swift.
final class QueuedCall {
  let member: String
  let rank: Int64
  let amount: Int64
  /// When it can start, as far as is known; else 0.
  let start: Int64
  /// What others may take before that.
  var slack: Int64
  /// Until when it counts.
  let ends: Int64
  var isChanged = false
  /// The next calls of its lane.
  var followers: [QueuedAmount]

  init(
    member: String, rank: Int64, amount: Int64, start: Int64, slack: Int64, ends: Int64,
    followers: [QueuedAmount] = []
  ) {
    self.followers = followers
    self.member = member
    self.rank = rank
    self.amount = amount
    self.start = start
    self.slack = slack
    self.ends = ends
  }
}

extension ReferenceStore {
  static let startGrace: Int64 = 1_000_000
  static let askAgain: Int64 = 3_000_000
  static let queueLanes = 16
  static let followers = 31
  /// How much room is left beside a waiter that a more urgent call has passed.
  static let closed: Int64 = -1
  static let sameTime: Int64 = 1_000_000
  static let spread: Int64 = 10_000
  static let spreadShare: Int64 = 1_000

  /// What an entry of the queue waits for; it goes with its session.
  struct Intent: Sendable, Equatable {
    var amount: Int64
    var start: Int64
    var slack: Int64
    var ends: Int64
    var followers: [QueuedAmount]
  }

  /// The best-ranked waiter of a limit. Those whose session is gone, or that did not ask again in time, leave.
  mutating func bestWaiter(of limit: LimitID, now: Int64) -> QueuedCall? {
    while let (member, rank) = waiters[limit]?.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
      if let intent = intent(member, limit), intent.ends > now {
        return QueuedCall(
          member: member, rank: rank, amount: intent.amount, start: intent.start, slack: intent.slack,
          ends: intent.ends, followers: intent.followers)
      }
      leaveQueue(limit, member)
    }
    return nil
  }

  /// The calls that wait for a limit, as far as is known; of one lane those are left out that are being decided.
  func queue(of limit: LimitID, now: Int64, but member: String, _ decided: Set<Int64>) -> [QueuedAmount] {
    let lanes = (waiters[limit] ?? [:]).sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(Self.queueLanes)
    return lanes.flatMap { lane, rank -> [QueuedAmount] in
      guard let intent = intent(lane, limit), intent.ends > now else { return [] }
      return ([QueuedAmount(rank: rank, amount: intent.amount)] + intent.followers).filter {
        lane != member || !decided.contains($0.rank)
      }
    }
  }

  /// Tells the processes of the best-ranked waiters of these limits.
  mutating func wake(_ limits: Set<LimitID>, now: Int64) {
    for limit in limits.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard let best = bestWaiter(of: limit, now: now) else { continue }
      hints.append(WaiterHint(session: Self.place(best.member, limit).session, limit: limit))
    }
  }

  /// What was said to those that wait since this was asked last.
  package mutating func takeHints() -> [WaiterHint] {
    defer { hints = [] }
    return hints
  }

  /// The calls that stand in queues.
  ///
  /// - Parameter time: only those whose time is not over then; `nil`: all.
  package func queuedCalls(at time: ServerTime? = nil) -> [String] {
    waiters.flatMap { limit, entries in
      entries.keys.filter { member in
        intent(member, limit).map { $0.ends > time?.microseconds ?? .min } ?? false
      }.map { "\($0) for \(limit)" }
    }
  }

  /// The rank of an entry, if it stands.
  func rank(of member: String, in limit: LimitID, now: Int64) -> Int64? {
    guard let rank = waiters[limit]?[member], let intent = intent(member, limit), intent.ends > now else { return nil }
    return rank
  }

  mutating func joinQueue(_ limit: LimitID, _ call: QueuedCall) {
    waiters[limit, default: [:]][call.member] = call.rank
    write(call, of: limit)
  }

  mutating func leaveQueue(_ limit: LimitID, _ member: String) {
    waiters[limit]?[member] = nil
    if waiters[limit]?.isEmpty == true { waiters[limit] = nil }
    let (session, field) = Self.place(member, limit)
    sessions[session]?.intents[field] = nil
  }

  mutating func write(_ call: QueuedCall, of limit: LimitID) {
    let (session, field) = Self.place(call.member, limit)
    sessions[session]?.intents[field] = Intent(
      amount: call.amount, start: call.start, slack: call.slack, ends: call.ends, followers: call.followers)
  }

  private func intent(_ member: String, _ limit: LimitID) -> Intent? {
    let (session, field) = Self.place(member, limit)
    return sessions[session]?.intents[field]
  }

  private static func place(_ member: String, _ limit: LimitID) -> (session: String, field: String) {
    let slash = member.firstIndex(of: "/") ?? member.endIndex
    return (String(member[..<slash]), "\(member[slash...].dropFirst())/\(limit.rawValue)")
  }
}
