import LimiterCore

/// The smallest world in which everything can meet: two sessions, one window, one budget, two slots.
struct TinyWorld {
  /// What can happen next. Each letter acts on what the letters before it made.
  enum Letter: CaseIterable {
    /// The first session asks for one of everything.
    case acquire
    /// The second one asks for more than may be left, and behind it for a little.
    case acquireTwo
    /// The last batch comes again.
    case again
    /// The newest permit is settled with nothing, also if it was settled before.
    case settleNothing
    /// The oldest permit is settled with ten times the estimate, also if it was settled before.
    case settleTenfold
    /// The newest permit's holder gives up.
    case abandon
    /// The clock goes on to one stamp before the edge of the window, which is also the end of the first session.
    case nearlyTheWindow
    /// The clock goes on by one stamp.
    case oneStamp
    /// The first session says that it is alive.
    case heartbeat
  }

  struct Granted {
    var session: String
    var permit: String
    var at: ServerTime
    var reserved: [Int64]
  }

  static let length: Int64 = 20
  static let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 2, length: length))
  static let budget = EffectiveLimit(
    id: LimitID(rule: "b"), allowance: .budget(nanodollars: 30, period: .lifetime, keep: 600_000))
  static let slots = EffectiveLimit(id: LimitID(rule: "s"), allowance: .concurrency(permits: 2))

  private var store = ReferenceStore()
  private var now: Int64 = 1_700_000_000_000_001
  private var numbers = ["s1": Int64(0), "s2": 0]
  private var last: AcquireBatch?
  private var granted: [Granted] = []
  private(set) var steps: [ModelStep] = []

  init() {
    append(.open(session: "s1", timeToLive: Self.length))
    append(.open(session: "s2", timeToLive: 1_000_000))
  }

  /// The sequence, and what is there after it.
  var finished: [ModelStep] {
    var end = self
    end.append(.inspect([Self.window, Self.budget, Self.slots]))
    return end.steps
  }

  /// False: the letter has nothing to act on.
  mutating func take(_ letter: Letter) -> Bool {
    switch letter {
    case .acquire: acquire("s1", needs: [[(0, 1), (1, 10), (2, 1)]])
    case .acquireTwo: acquire("s2", needs: [[(0, 2), (2, 1)], [(0, 1), (1, 10)]])
    case .again:
      guard var batch = last else { return false }
      batch.isResent = true
      append(.acquire(batch))
    case .settleNothing:
      guard let permit = granted.last else { return false }
      settle(permit, .settled(permit.reserved.map { _ in 0 }))
    case .settleTenfold:
      guard let permit = granted.first else { return false }
      settle(permit, .settled(permit.reserved.map { $0 * 10 }))
    case .abandon:
      guard let permit = granted.last else { return false }
      settle(permit, .abandoned)
    case .nearlyTheWindow: now += Self.length - 2
    case .oneStamp: now += 2
    case .heartbeat: append(.renew(session: "s1", timeToLive: Self.length))
    }
    return true
  }

  private mutating func acquire(_ session: String, needs: [[(Int, Int64)]]) {
    numbers[session, default: 0] += 1
    let requests = needs.enumerated().map { position, needs in
      AcquireBatch.Request(
        hold: 1_000, waitsUntil: ServerTime(microseconds: now + 1_000_000), rank: now + Int64(position),
        needs: needs.map { AcquireBatch.Need(limit: $0.0, amount: $0.1) })
    }
    let batch = AcquireBatch(
      session: session, lane: "m", operation: numbers[session] ?? 0, notAfter: ServerTime(microseconds: now + 8),
      limits: [Self.window, Self.budget, Self.slots], requests: requests)
    last = batch
    append(.acquire(batch))
  }

  private mutating func settle(_ permit: Granted, _ ending: SettleBatch.Ending) {
    append(
      .settle(
        SettleBatch(
          windowLengths: [Self.window.keyName: Self.length],
          items: [
            SettleBatch.Item(session: permit.session, permit: permit.permit, grantedAt: permit.at, ending: ending)
          ])))
  }

  private mutating func append(_ operation: ModelOperation) {
    let time = ServerTime(microseconds: now)
    let step = store.step(operation, at: time)
    steps.append(step)
    guard case .acquire(let batch) = operation, case .acquired(.decided(let at, _, _, let decisions)) = step.expected
    else {
      return
    }
    for (position, decision) in decisions.enumerated() where decision == .granted {
      let permit = batch.permitName(at: position)
      guard !granted.contains(where: { $0.session == batch.session && $0.permit == permit }) else { continue }
      granted.append(
        Granted(
          session: batch.session, permit: permit, at: at, reserved: batch.requests[position].needs.map(\.amount)))
    }
  }
}
