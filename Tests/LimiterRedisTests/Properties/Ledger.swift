import LimiterCore

/// A naive account of what was admitted, kept from the questions and the answers alone: it shares no code with the store or
/// the scripts, and adds everything up anew whenever it is asked.
///
/// Where an onlooker cannot know better it errs towards the limiter: an excess counts from the time of its call, and a
/// session lives no longer than it was last promised.
struct Ledger {
  enum Kind: Hashable {
    case window, budget, slots
  }

  struct Violation: CustomStringConvertible {
    var kind: Kind
    var description: String
  }

  struct Grant {
    var session: String
    var permit: String
    var at: Int64
    var parts: [(limit: EffectiveLimit, reserved: Int64)]
    /// What was used, per part; `nil` while it is not settled.
    var used: [Int64]?
    /// Its slots are free.
    var hasEnded = false

    var key: String { "\(session)/\(permit)" }
  }

  private struct Excess {
    var limit: LimitID
    var at: Int64
    var amount: Int64
  }

  private(set) var grants: [Grant] = []
  private(set) var violations: [Violation] = []
  /// How often a limit was looked at: a check that never looks proves nothing.
  private(set) var checks: [Kind: Int] = [:]
  private var index: [String: Int] = [:]
  private var answers: [String: AcquireAnswer] = [:]
  private var excesses: [Excess] = []
  private var aliveUntil: [String: Int64] = [:]
  private(set) var now: Int64 = 0

  /// Takes note of one operation and its answer.
  mutating func note(_ operation: ModelOperation, at time: ServerTime, _ answer: ModelAnswer) {
    // Whoever is over may have been ended by this, also if the clock is set back afterwards.
    for (session, end) in aliveUntil where end <= time.microseconds { endSlots(of: session) }
    switch (operation, answer) {
    case (.open(let session, let timeToLive, _), .session(true)), (.renew(let session, let timeToLive), .session(true)):
      if aliveUntil[session] ?? 0 <= max(time.microseconds, now) { endSlots(of: session) }
      aliveUntil[session] = time.microseconds + timeToLive
    case (.close(let session), _):
      endSlots(of: session)
      aliveUntil[session] = nil
    case (.acquire(let batch), .acquired(let answer)): note(batch, answer)
    case (.settle(let batch), .settled(let outcomes?)):
      for (item, outcome) in zip(batch.items, outcomes) { note(item, outcome, at: time) }
    default: break
    }
  }

  private mutating func note(_ batch: AcquireBatch, _ answer: AcquireAnswer) {
    guard case .decided(let at, _, _, let decisions) = answer, decisions.contains(.granted) else { return }
    let operation = "\(batch.session)/\(batch.lane)/\(batch.operation)"
    if let before = answers[operation] {
      if before != answer { violations.append(Violation(kind: .window, description: "\(operation) was granted twice")) }
      return
    }
    answers[operation] = answer
    now = max(now, at.microseconds)
    var touched: Set<Int> = []
    for (position, decision) in decisions.enumerated() where decision == .granted {
      let needs = batch.requests[position].needs
      touched.formUnion(needs.map(\.limit))
      let grant = Grant(
        session: batch.session, permit: batch.permitName(at: position), at: at.microseconds,
        parts: needs.map { (batch.limits[$0.limit], $0.amount) })
      index[grant.key] = grants.count
      grants.append(grant)
    }
    for limit in touched.sorted() { check(batch.limits[limit], after: operation) }
  }

  private mutating func note(_ item: SettleBatch.Item, _ outcome: SettleOutcome, at time: ServerTime) {
    guard outcome == .settled || outcome == .settledLate, let position = index["\(item.session)/\(item.permit)"] else {
      return
    }
    if outcome == .settled, grants[position].hasEnded, case .settled = item.ending, grants[position].used != nil {
      violations.append(Violation(kind: .budget, description: "\(grants[position].key) was settled twice"))
    }
    grants[position].hasEnded = true
    guard case .settled(let amounts) = item.ending else { return }
    let used = zip(grants[position].parts, amounts).map { $1 ?? $0.reserved }
    grants[position].used = used
    for (part, amount) in zip(grants[position].parts, used) where amount > part.reserved {
      excesses.append(
        Excess(limit: part.limit.id, at: max(time.microseconds, now), amount: amount - part.reserved))
    }
  }

  private mutating func endSlots(of session: String) {
    for position in grants.indices where grants[position].session == session { grants[position].hasEnded = true }
  }

  private mutating func check(_ limit: EffectiveLimit, after operation: String) {
    let kind: Kind =
      switch limit.allowance {
      case .window: .window
      case .budget: .budget
      case .concurrency: .slots
      }
    checks[kind, default: 0] += 1
    let admitted = used(of: limit)
    if admitted > limit.amount {
      violations.append(
        Violation(kind: kind, description: "\(limit.keyName) holds \(admitted) of \(limit.amount) after \(operation)"))
    }
  }

  /// What a limit must be charged with now.
  func used(of limit: EffectiveLimit) -> Int64 { used(of: limit, at: now) }

  /// What a limit must be charged with at an instant; stamps never run backwards.
  func used(of limit: EffectiveLimit, at time: Int64) -> Int64 {
    let now = max(time, now)
    switch limit.allowance {
    case .window(_, let length):
      let reserved = parts(of: limit).reduce(Int64(0)) { sum, entry in
        entry.grant.at > now - length ? sum + min(entry.reserved, entry.used ?? entry.reserved) : sum
      }
      return excesses.reduce(reserved) { $1.limit == limit.id && $1.at > now - length ? $0 + $1.amount : $0 }
    case .budget:
      return parts(of: limit).reduce(0) { $0 + ($1.used ?? $1.reserved) }
    case .concurrency:
      return parts(of: limit).reduce(0) { sum, entry in
        entry.grant.hasEnded || aliveUntil[entry.grant.session] ?? 0 <= now ? sum : sum + entry.reserved
      }
    }
  }

  /// What is reserved of a limit by permits that nobody has settled.
  func unsettled(of limit: EffectiveLimit) -> Int64 {
    parts(of: limit).reduce(0) { $1.used == nil ? $0 + $1.reserved : $0 }
  }

  private func parts(of limit: EffectiveLimit) -> [(grant: Grant, reserved: Int64, used: Int64?)] {
    grants.flatMap { grant in
      grant.parts.enumerated().filter { $0.element.limit.keyName == limit.keyName }.map {
        (grant, $0.element.reserved, grant.used?[$0.offset])
      }
    }
  }
}
