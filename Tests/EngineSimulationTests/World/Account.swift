import LimiterCore

/// Who was granted what, and with what it is charged: added up anew from the questions, the answers, and what callers say. It shares no code
/// with the store.
final class Account {
  struct Part {
    let limit: EffectiveLimit
    let reserved: Int64
  }

  /// What a permit's caller has done with it.
  enum Deed {
    /// No caller ever got it.
    case nobody
    case holding
    /// It has said what it used, of each part; `nil`: as reserved.
    case reported([Int64?])
    case abandoned
  }

  final class Grant {
    let id: String
    let at: Int64
    let parts: [Part]
    let isRecorded: Bool
    /// Granted to a copy that the network has made: to its process it was denied before.
    let isByCopy: Bool
    var session: String
    /// It holds its slots.
    var isLive = true
    var settled: [Int64]?
    var deed = Deed.nobody
    /// Granted by its process' own share, which Redis is told of when it is there again.
    var isLocal = false
    /// It had another holder once: only that one knows how it ended.
    var isAdopted = false
    /// Its caller knows of it.
    var isTold = false
    /// It was looked whether Redis was told of it.
    var isChecked = false
    /// When it was settled, if who asked for that knows it.
    var toldSettledAt: Int64?
    /// When the store has settled it.
    var settledAt: Int64?
    /// Whether the store has forgotten something of it.
    var forgotten = Forgotten.nothing

    init(id: String, at: Int64, parts: [Part], isRecorded: Bool, isByCopy: Bool, session: String) {
      (self.id, self.at, self.parts, self.session) = (id, at, parts, session)
      (self.isRecorded, self.isByCopy) = (isRecorded, isByCopy)
    }

    /// The store has its record, or has had it and knows how it ended.
    var isKnown: Bool { forgotten == .nothing || forgotten == .end }

    func charge(of position: Int) -> Int64 { settled?[position] ?? parts[position].reserved }
  }

  /// What a Redis that has lost something has taken from a permit.
  enum Forgotten {
    case nothing
    /// In a failover: how it ended, or whose it was.
    case end
    /// In a failover: that it was granted.
    case grant
    /// The whole state was lost, and its process has not told of it again.
    case everything
    /// Nothing: it has not been told yet.
    case untold
  }

  struct Entry {
    var at: Int64
    var amount: Int64
    var grant: String?
  }

  private let timeline: Timeline
  /// When Redis last lost something, in its time.
  var lostAt = Int64.min
  /// What its processes have heard of budgets may be less than what they have spent.
  var hasFallenBack = false
  /// What failovers have taken, and nobody has told yet, as far as was looked.
  var forgotten: [Grant] = []
  private(set) var problems: [String] = []
  private(set) var grants: [String: Grant] = [:]
  private var asked: Set<String> = []
  private(set) var limits: [String: EffectiveLimit] = [:]
  var sums = Sums()

  /// What follows from all that the store has been asked.
  struct Sums {
    var windows: [String: [Entry]] = [:]
    var budgets: [String: Int64] = [:]
    var slots: [String: [String: Int64]] = [:]
    var decisions: [String: [BatchDecision]] = [:]
    var aliveUntil: [String: Int64] = [:]
    var grantsOf: [String: [String]] = [:]
    var last: Int64 = 0
    /// The last part of what a session has told.
    var announced: [String: Int64] = [:]
  }

  init(_ timeline: Timeline) { self.timeline = timeline }

  func problem(_ text: String) { problems.append("\(Double(timeline.now) / 1_000_000) s: \(text)") }

  /// What the store has answered to a batch.
  func decided(_ batch: AcquireBatch, _ answer: AcquireAnswer, at time: ServerTime) {
    endSessions(at: time.microseconds)
    guard case .decided(let now, _, _, let decided) = answer else { return }
    let operation = "\(batch.session)/\(batch.lane)/\(batch.operation)"
    if let before = sums.decisions[operation] {
      if before != decided { problem("I5: \(operation) was decided again, as \(decided), not \(before)") }
      return
    }
    let isRepeated = !asked.insert(operation).inserted
    // A denial changes nothing, so it is not remembered either, unless it was said to a call that was sent before, or others went away with it.
    if batch.isResent || !batch.withdrawn.isEmpty || decided.contains(.granted) { sums.decisions[operation] = decided }
    sums.last = max(sums.last, now.microseconds)
    for (position, request) in batch.requests.enumerated() where decided[position] == .granted {
      let grant = Grant(
        id: "\(batch.session)/\(batch.permitName(at: position))", at: now.microseconds,
        parts: request.needs.map { Part(limit: batch.limits[$0.limit], reserved: $0.amount) },
        isRecorded: request.isRecorded, isByCopy: isRepeated && !batch.isResent, session: batch.session)
      enter(grant)
    }
    for (position, request) in batch.requests.enumerated() where decided[position] == .granted {
      for need in request.needs { check(batch.limits[need.limit], after: operation) }
    }
  }

  /// A process has granted it by itself, because Redis gives no answer.
  func grantedLocally(_ granted: WaiterGrant, isRecorded: Bool) -> Grant {
    let grant = Grant(
      id: granted.place.id, at: granted.grantedAt.microseconds,
      parts: granted.needs.map { Part(limit: $0.limit, reserved: $0.amount) }, isRecorded: isRecorded, isByCopy: false,
      session: granted.session)
    (grant.isLocal, grant.forgotten, grant.isLive) = (true, .untold, false)
    grants[grant.id] = grant
    for part in grant.parts { limits[part.limit.keyName] = part.limit }
    return grant
  }

  private func enter(_ grant: Grant) {
    grants[grant.id] = grant
    sums.grantsOf[grant.session, default: []].append(grant.id)
    for part in grant.parts {
      let key = part.limit.keyName
      limits[key] = part.limit
      switch part.limit.allowance {
      case .window: sums.windows[key, default: []].append(Entry(at: grant.at, amount: part.reserved, grant: grant.id))
      case .budget: sums.budgets[key, default: 0] += part.reserved
      case .concurrency: sums.slots[key, default: [:]][grant.id] = part.reserved
      }
    }
  }

  private func check(_ limit: EffectiveLimit, after operation: String) {
    let used = used(of: limit, at: sums.last)
    guard used > limit.amount else { return }
    let invariant =
      switch limit.allowance {
      case .window: "I1"
      case .budget: "I3"
      case .concurrency: "I4"
      }
    problem("\(invariant): \(limit.keyName) has \(used) of \(limit.amount) after \(operation)")
  }

  /// What the store has answered to a settlement.
  func settled(_ item: SettleBatch.Item, _ outcome: SettleOutcome, at time: ServerTime) {
    // One that was adopted, and that nobody holds, is ended by the name under which it stands: its id.
    guard let grant = grants[item.id] ?? grants[item.permit], grant.isKnown else {
      if outcome != .gone { problem("I5: \(item.id) was never granted, and is \(outcome)") }
      return
    }
    switch outcome {
    case .gone: return
    case .refused:
      problem("\(item.id) was refused")
      return
    case .settled, .settledLate: break
    }
    end(grant)
    guard case .settled(let amounts) = item.ending else { return }
    if grant.settled != nil { problem("I5: \(item.id) was settled twice") }
    let used = zip(grant.parts, amounts).map { $1 ?? $0.reserved }
    for (part, amount) in zip(grant.parts, used) {
      switch part.limit.allowance {
      case .window: refund(part, to: amount, of: grant, at: time.microseconds)
      case .budget: sums.budgets[part.limit.keyName, default: 0] += amount - part.reserved
      case .concurrency: break
      }
    }
    (grant.settled, grant.settledAt) = (used, max(sums.last, time.microseconds))
  }

  private func refund(_ part: Part, to amount: Int64, of grant: Grant, at now: Int64) {
    let key = part.limit.keyName
    if amount > part.reserved {
      sums.last = max(sums.last, now)
      sums.windows[key, default: []].append(Entry(at: sums.last, amount: amount - part.reserved, grant: nil))
    } else if let position = sums.windows[key]?.firstIndex(where: { $0.grant == grant.id }) {
      sums.windows[key]?[position].amount = amount
    } else if let position = sums.windows[key]?.firstIndex(where: { $0.at == grant.at && $0.grant == nil }),
      let standing = sums.windows[key]?[position].amount
    {
      // It was told again: with others of its time, or rounded up.
      sums.windows[key]?[position].amount = max(standing - (part.reserved - amount), 0)
    }
  }

  /// A session lives until an instant, or was closed.
  func session(_ id: String, isClosed: Bool, until end: Int64) {
    sums.aliveUntil[id] = isClosed ? 0 : end
    if isClosed { endSessions(at: 0) }
  }

  func endSessions(at now: Int64) {
    for (session, end) in sums.aliveUntil where end <= now {
      sums.aliveUntil[session] = nil
      for id in sums.grantsOf.removeValue(forKey: session) ?? [] {
        if let grant = grants[id], grant.session == session { self.end(grant) }
      }
    }
  }

  private func end(_ grant: Grant) {
    grant.isLive = false
    for part in grant.parts where part.limit.isConcurrency { sums.slots[part.limit.keyName]?[grant.id] = nil }
  }

  /// A permit has another holder now.
  func adopted(_ id: String, by session: String) {
    guard let grant = grants[id] else { return problem("\(id) was adopted, and never granted") }
    (grant.session, grant.isAdopted) = (session, true)
    sums.grantsOf[session, default: []].append(id)
  }

  /// What a limit is charged with at an instant of the server's time.
  func used(of limit: EffectiveLimit, at time: Int64) -> Int64 {
    let key = limit.keyName
    switch limit.allowance {
    case .window(_, let length):
      let begin = max(time, sums.last) - length
      if let first = sums.windows[key]?.first, first.at <= begin { sums.windows[key]?.removeAll { $0.at <= begin } }
      return (sums.windows[key] ?? []).reduce(0) { $0 + $1.amount }
    case .budget: return sums.budgets[key] ?? 0
    case .concurrency: return (sums.slots[key] ?? [:]).values.reduce(0, +)
    }
  }
}
