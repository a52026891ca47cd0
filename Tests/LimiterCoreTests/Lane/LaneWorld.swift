import LimiterCore
import SeededRandom

/// A lane, a server and a line between them, stepped through events in the order of time. Deterministic by its seed.
struct LaneWorld {
  enum Event {
    case arrive
    case answer(AcquireAnswer, AcquireBatch)
    case failure(LaneFailure, AcquireBatch)
    case settle(WaiterGrant)
    case cancel(UInt64)
    case open
    case killSession
    /// The heartbeat finds that the session is over.
    case heartbeat(String)
  }

  struct Lost: Error {}

  private(set) var now: Int64 = 0
  private(set) var answered = 0
  private(set) var batches = 0
  private(set) var faults = 0
  private(set) var problems: [String] = []
  /// The money of all permits that callers got: each is used as reserved, or its holder dies.
  private(set) var owed: Int64 = 0
  private var random: SeededGenerator
  private let losses: Int
  private var lane = LaneMachine(name: "m", settings: LaneMachine.Settings(answerTime: 100_000, slotPoll: 20_000))
  private var store = ReferenceStore()
  private var queue: [(at: Int64, number: Int, event: Event)] = []
  private var numbers = 0
  private var sessions = 0
  private var session: String?
  private var waiting: Set<UInt64> = []
  private var nextID: UInt64 = 0
  private var limits: Set<EffectiveLimit> = []

  init(seed: UInt64, losses: Int = 8) {
    random = SeededGenerator(seed: seed)
    self.losses = losses
    schedule(.open, in: 100)
  }

  mutating func run(callers: Int) {
    for _ in 0..<callers { schedule(.arrive, in: .random(in: 0...2_000_000, using: &random)) }
    if losses > 0 { for _ in 0..<4 { schedule(.killSession, in: .random(in: 0...2_000_000, using: &random)) } }
    settleDown()
  }

  mutating func enqueueAll(count: Int, waiting: Int64) {
    for _ in 0..<count { enqueue([("w", 1)], wait: waiting) }
  }

  /// Steps until nothing is left to happen.
  mutating func settleDown() {
    var steps = 0
    while steps < 200_000 {
      steps += 1
      let tick = lane.nextTick
      let event = queue.indices.min { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) }
      if let tick, tick <= event.map({ queue[$0].at }) ?? .max {
        now = max(now, tick)
        carryOut(lane.tick(at: now))
        if let next = lane.nextTick, next <= now { return problems.append("ticks again at once, at \(now)") }
      } else if let event {
        let (at, _, what) = queue.remove(at: event)
        now = max(now, at)
        handle(what)
      } else {
        return
      }
    }
    problems.append("does not come to rest")
  }

  /// The money that the store has charged.
  var charged: Int64 {
    zip(limits, store.inspect(Array(limits), at: serverNow)).reduce(0) { sum, entry in
      if case .budget(let spent, let held) = entry.1 { sum + spent + held } else { sum }
    }
  }

  /// What the store still holds, in words.
  var leftovers: String {
    zip(limits, store.inspect(Array(limits), at: serverNow)).compactMap { limit, usage in
      switch usage {
      case .budget(_, let held) where held != 0: "\(limit.keyName) holds \(held)"
      case .concurrency(let held, _) where held != 0: "\(limit.keyName) holds \(held)"
      default: nil
      }
    }.joined(separator: ", ") + store.queuedCalls().joined(separator: ", ")
  }

  private var serverNow: ServerTime { LaneTimeline.server(now) }
}

extension LaneWorld {
  private mutating func schedule(_ event: Event, in time: Int64) {
    numbers += 1
    queue.append((now + time, numbers, event))
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .arrive:
      let tenant = Int.random(in: 0...3, using: &random)
      let needs: [(String, Int64)] = [
        ("w", .random(in: 1...20, using: &random)), ("s", 1), ("wt\(tenant)", .random(in: 1...40, using: &random)),
        ("b", 3),
      ].filter { _ in Int.random(in: 0...3, using: &random) > 0 }
      let id = enqueue(
        needs.isEmpty ? [("w", 1)] : needs,
        wait: Bool.random(using: &random) ? .random(in: 0...3_000_000, using: &random) : nil)
      if Int.random(in: 0...4, using: &random) == 0 {
        schedule(.cancel(id), in: .random(in: 0...500_000, using: &random))
      }
    case .answer(let answer, let batch): carryOut(lane.answered(answer, to: batch, at: now))
    case .failure(let failure, let batch): carryOut(lane.failed(failure, of: batch, at: now))
    case .settle(let grant): give(grant, back: false)
    case .cancel(let id):
      if waiting.remove(id) != nil { answered += 1 }
      carryOut(lane.cancel(id, at: now))
    case .open:
      sessions += 1
      let name = "A\(sessions)"
      session = name
      store.open(session: name, timeToLive: 1_000_000_000_000, epoch: "e", at: serverNow)
      carryOut(lane.opened(session: name, serverNow: serverNow, at: now))
    case .killSession:
      faults += 1
      guard let session else { return }
      _ = store.close(session: session, at: serverNow)
      if Bool.random(using: &random) { schedule(.heartbeat(session), in: .random(in: 0...200_000, using: &random)) }
    case .heartbeat(let name):
      guard name == session else { return }
      session = nil
      carryOut(lane.closed(session: name))
      schedule(.open, in: 5_000)
    }
  }

  @discardableResult
  private mutating func enqueue(_ needs: [(String, Int64)], wait: Int64?) -> UInt64 {
    nextID += 1
    let (id, until) = (nextID, wait.map { now + $0 })
    waiting.insert(id)
    let waiter = Waiter(
      id: id, priority: .random(in: 1...10, using: &random), hold: 1, waitsUntil: until,
      failsAt: max(now + 1_000_000, until ?? 0)
    ) { time in needs.map { LimitNeed(limit: Self.limit($0.0, at: time), amount: $0.1) } }
    for need in waiter.resolve(serverNow) { limits.insert(need.limit) }
    carryOut(lane.enqueue(waiter, at: now) ?? [])
    return id
  }

  /// Budgets of a second, whose periods begin and end: requests that were made in the last one must be made anew.
  private static func limit(_ name: String, at time: ServerTime) -> EffectiveLimit {
    guard name == "b" else { return LaneTimeline.limit(name, at: time) }
    let second = time.microseconds / 1_000_000
    let period = BudgetPeriod(
      name: "\(second)", start: ServerTime(microseconds: second * 1_000_000),
      end: ServerTime(microseconds: (second + 1) * 1_000_000))
    return EffectiveLimit(id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: period, keep: 1))
  }

  private mutating func carryOut(_ actions: [LaneAction]) {
    for action in actions {
      switch action {
      case .send(let batch): send(batch)
      case .giveBack(let grant): give(grant, back: true)
      case .revoke(let batch, _):
        for (position, request) in batch.requests.enumerated() {
          let needs = request.needs.map { LimitNeed(limit: batch.limits[$0.limit], amount: $0.amount) }
          end(session: batch.session, permit: batch.permitName(at: position), needs: needs, back: true)
        }
      case .forgotten(let name, _, _): problems.append("\(name) has forgotten something")
      case .sessionLost(let name):
        if name != session { problems.append("lost \(name), which is not its session") }
        session = nil
        schedule(.open, in: 5_000)
      case .resolve(let id, let outcome):
        if waiting.remove(id) == nil { problems.append("\(id) was answered again") }
        answered += 1
        if case .granted(let grant) = outcome {
          owed += grant.needs.filter(\.limit.isBudget).reduce(0) { $0 + $1.amount }
          schedule(.settle(grant), in: .random(in: 100...80_000, using: &random))
        }
        if case .failed(let error) = outcome, !(error is LaneTimeout) { problems.append("\(id): \(error)") }
      }
    }
  }

  /// A batch goes over the line: it arrives, or not, and so does its answer.
  private mutating func send(_ batch: AcquireBatch) {
    batches += 1
    limits.formUnion(batch.limits)
    let fate = losses == 0 ? 50 : Int.random(in: 0..<100, using: &random)
    if fate < losses {
      faults += 1
      return schedule(.failure(.notRun(Lost()), batch), in: 1_000)
    }
    let late = fate < losses + 3
    if late { faults += 1 }
    let answer = store.acquire(batch, at: LaneTimeline.server(now + (late ? 150_000 : 300)))
    if fate >= 100 - losses {
      faults += 1
      return schedule(.failure(.unknown(Lost()), batch), in: 100_000)
    }
    schedule(.answer(answer, batch), in: late ? 150_500 : 600)
  }

  private mutating func give(_ grant: WaiterGrant, back: Bool) {
    end(session: grant.session, permit: grant.permit, needs: grant.needs, back: back)
  }

  private mutating func end(session: String, permit: String, needs: [LimitNeed], back: Bool) {
    let item = SettleBatch.Item(
      session: session, permit: permit, grantedAt: serverNow, ending: .settled(needs.map { _ in back ? 0 : nil }))
    _ = store.settle(SettleBatch(items: [item]), at: serverNow)
    let freed = needs.map(\.limit).filter { $0.isConcurrency || (back && !$0.isBudget) }.map(\.id)
    if !freed.isEmpty { carryOut(lane.released(freed, at: now)) }
  }
}
