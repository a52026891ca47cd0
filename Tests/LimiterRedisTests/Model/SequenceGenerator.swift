@testable import LimiterCore
import SeededRandom
import TestSupport

/// Random sequences of operations over a few small limits, with everything that goes wrong in life: operations sent again,
/// late, out of order, sessions that die or are unknown, permits settled twice, by others, after their window, with nothing
/// and with ten times the estimate.
struct SequenceGenerator {
  static let start: Int64 = 1_700_000_000_000_000
  /// The budgets' period ends after a while, so that sequences cross the border.
  static let periodLength: Int64 = 40_000
  /// Odd, as stamps are, so that a stamp can be the very end of a period; and earlier than the time that asks for it.
  static let firstPeriod = start - 1_001

  /// What a sequence may hold.
  struct Options: Sendable {
    /// An operator's corrections.
    var corrects = true
    /// Sessions that are closed, or forget their heartbeat.
    var sessionsDie = true
    /// Settlements with more than was reserved.
    var exceeds = true
    /// Operations that come again.
    var repeats = true
    /// The server's clock is set back now and then.
    var clockGoesBack = true
    /// A session's id is used again after its end, which no library does.
    var reusesSessions = true
    /// Some permits that need only windows are not recorded, so that nobody can settle them.
    var omitsRecords = false
    /// Permits get another holder.
    var adopts = false
    /// And do so all the time.
    var adoptsOften = false
    /// Models are left alone for a while.
    var cools = false
    /// Providers say that less is left than we think.
    var observes = false
    /// The state was lost before, and processes tell what they know of it.
    var announces = false
  }

  struct OpenPermit {
    /// The session that it was granted to, and its name there.
    var granted: PermitPlace
    /// Where its record is, as far as is known.
    var place: PermitPlace
    var grantedAt: ServerTime
    var reserved: [Int64]
    var windows: [String: Int64]
  }

  var random: SeededGenerator
  private var store: ReferenceStore
  var now = Self.start
  var sessions = ["s1", "s2", "s3"]
  private var operations: [String: Int64] = [:]
  private var sent: [AcquireBatch] = []
  var permits: [OpenPermit] = []
  private var corrections = 0
  private var opened = 0
  /// Generations of cooldowns that somebody was told of.
  private var generations: [Int64] = [0]
  private var hasCooled = false
  var announcement = 0
  var told: [AnnounceBatch] = []

  private let options: Options

  init(seed: UInt64, bounds: StoreBounds, options: Options = Options()) {
    random = SeededGenerator(seed: seed)
    store = ReferenceStore(bounds: bounds)
    self.options = options
  }

  /// A sequence with the reference store's answers.
  static func sequence(
    seed: UInt64, length: Int, bounds: StoreBounds, options: Options = Options()
  ) -> [ModelStep] {
    var generator = SequenceGenerator(seed: seed, bounds: bounds, options: options)
    return generator.make(length)
  }

  private mutating func make(_ length: Int) -> [ModelStep] {
    var steps: [ModelStep] = []
    let timeToLive: Int64 = options.sessionsDie ? 30_000 : 1_000_000_000
    for session in sessions.prefix(options.sessionsDie ? 2 : 3) {
      append(.open(session: session, timeToLive: timeToLive, hosts: options.announces ? 3 : 0), to: &steps)
    }
    while steps.count < length {
      advance()
      append(pick(), to: &steps)
    }
    append(.inspect(limits()), to: &steps)
    return steps
  }

  private mutating func append(_ operation: ModelOperation, to steps: inout [ModelStep]) {
    let time = ServerTime(microseconds: now)
    let step = store.step(operation, at: time)
    note(operation, step.expected)
    steps.append(step)
  }

  /// Mostly small steps, some exactly to an edge, some far, some backwards: a clock can be set.
  private mutating func advance() {
    switch random.below(20) {
    case 0..<8: now += Int64(random.below(4))
    case 8..<13: now += Int64(random.below(400))
    case 13..<16: now += 2_000 - Int64(random.below(4)) + 1
    case 16..<18: now += Int64(random.below(6_000))
    case 18 where options.clockGoesBack: now -= Int64(random.below(300))
    default:
      if random.below(3) == 0 {
        // To the very end of a period, or one beside it.
        let periods = (now - Self.firstPeriod) / Self.periodLength + 1
        now = Self.firstPeriod + periods * Self.periodLength + Int64(random.below(3)) - 1
      } else if options.sessionsDie, random.below(2) == 0,
        let end = random.pick(sessions.map { store.sessions[$0]?.aliveUntil }), end > now
      {
        // To the very end of a session, or one beside it.
        now = end + Int64(random.below(3)) - 1
      } else if options.cools, random.below(2) == 0, let end = store.cooldowns.values.map(\.ends).max(), end > now {
        // To the very end of a cooldown, or one beside it.
        now = end + Int64(random.below(3)) - 1
      } else {
        now += Int64(random.below(25_000))
      }
    }
  }

  func limits() -> [EffectiveLimit] {
    let index = (now - Self.start) / Self.periodLength
    let period = BudgetPeriod(
      name: "p\(index)", start: ServerTime(microseconds: Self.firstPeriod + index * Self.periodLength),
      end: ServerTime(microseconds: Self.firstPeriod + (index + 1) * Self.periodLength))
    return [
      EffectiveLimit(id: LimitID(rule: "requests"), allowance: .window(amount: 5, length: 2_000)),
      EffectiveLimit(id: LimitID(rule: "tokens"), allowance: .window(amount: 100, length: 5_001)),
      EffectiveLimit(id: LimitID(rule: "tenant", scope: ["a"]), allowance: .window(amount: 40, length: 3_000)),
      EffectiveLimit(id: LimitID(rule: "day"), allowance: .budget(nanodollars: 300, period: period, keep: 1_000_000)),
      EffectiveLimit(
        id: LimitID(rule: "run", scope: ["r\((now - Self.start) / 10_000)"]),
        allowance: .budget(nanodollars: 500, period: .lifetime, keep: 1_000_000)),
      // Many small amounts: with small bounds it is mostly in quantised mode, several batches to a quantum.
      EffectiveLimit(id: LimitID(rule: "fine"), allowance: .window(amount: 400, length: 9_000)),
      EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 4)),
    ]
  }

  private mutating func pick() -> ModelOperation {
    if options.observes, random.below(25) == 0 { return observe() }
    if options.announces, random.below(12) == 0 { return announce() }
    if options.adoptsOften, !permits.isEmpty, random.below(7) == 0 { return adopt() }
    // What is done to a cooldown comes in bursts: a sequence has to get through all of its states before it ends.
    hasCooled = options.cools && random.below(hasCooled ? 3 : 12) < (hasCooled ? 2 : 1)
    if hasCooled { return cooldown() }
    switch random.below(100) {
    case 0..<52: return acquire()
    case 52..<60 where !sent.isEmpty && options.repeats: return again()
    case 60..<86 where !permits.isEmpty: return settle()
    case 86..<90 where options.sessionsDie: return .renew(session: random.pick(sessions), timeToLive: 20_000)
    case 90..<93 where options.sessionsDie: return open()
    case 93 where options.sessionsDie: return .close(session: random.pick(sessions))
    case 94..<97 where options.corrects: return adjust()
    case 97..<100 where options.adopts && !permits.isEmpty: return adopt()
    default: return .inspect(limits())
    }
  }

  private mutating func open() -> ModelOperation {
    let index = random.below(sessions.count)
    if !options.reusesSessions {
      opened += 1
      sessions[index] = "s\(index + 1).\(opened)"
    }
    return .open(
      session: sessions[index], timeToLive: Int64(random.below(40_000)), hosts: options.announces ? 2 : 0)
  }

  private mutating func acquire() -> ModelOperation {
    let all = limits()
    let lane = random.pick(["m", "n"])
    let session = random.pick(sessions)
    let number = operations["\(session)\(lane)", default: 0] + 1
    operations["\(session)\(lane)"] = number
    var chosen = all.filter { _ in random.below(3) > 0 }
    if chosen.isEmpty { chosen = [all[0]] }
    // Most are new and come in the order of their arrival; some have waited for long, some are urgent.
    let first = now - Int64(random.below(3) == 0 ? random.below(20_000) : random.below(500))
    var rank = random.below(6) == 0 ? first - 1_000_000 : first
    let requests = (0...random.below(4)).map { _ in
      rank += Int64(random.below(300))
      let needs = chosen.indices.filter { _ in random.below(4) > 0 }.map { index in
        AcquireBatch.Need(limit: index, amount: amount(of: chosen[index]))
      }
      let needsRecord = needs.contains { chosen[$0.limit].isBudget || chosen[$0.limit].isConcurrency }
      return AcquireBatch.Request(
        hold: 1_000_000,
        waitsUntil: random.below(2) == 0 ? ServerTime(microseconds: now + Int64(random.below(20_000))) : nil,
        rank: rank,
        isRecorded: !options.omitsRecords || needsRecord || random.below(8) > 0, needs: needs)
    }
    let withdrawn = random.below(5) == 0 ? withdrawals(of: session, lane: lane, from: all) : []
    let late = random.below(12) == 0 ? -Int64(random.below(3)) : Int64(random.below(5_000))
    let batch = AcquireBatch(
      session: session, lane: lane, operation: number, isResent: random.below(6) == 0,
      notAfter: ServerTime(microseconds: now + late), remembered: remembered(of: session, lane: lane), limits: chosen,
      requests: requests,
      withdrawn: withdrawn)
    sent.append(batch)
    return .acquire(batch)
  }

  /// What Redis remembers, mostly; or less, or more.
  private mutating func remembered(of session: String, lane: String) -> Int64 {
    let last = store.sessions[session]?.lanes[lane]?.operation ?? 0
    switch random.below(12) {
    case 0: return last + 1
    case 1: return 0
    default: return last
    }
  }

  /// What stands in the queue, or stood, or never did.
  private mutating func withdrawals(
    of session: String, lane: String, from limits: [EffectiveLimit]
  ) -> [AcquireBatch.Withdrawal] {
    limits.filter { !$0.isBudget && random.below(2) == 0 }.map { limit in
      let rank = store.waiters[limit.id]?["\(session)/\(lane)"] ?? now
      return AcquireBatch.Withdrawal(limit: limit.id, rank: random.below(5) == 0 ? rank - 1 : rank)
    }
  }

  private mutating func amount(of limit: EffectiveLimit) -> Int64 {
    if case .concurrency = limit.allowance { return random.below(15) == 0 ? 5 : 1 }
    if limit.id.rawValue == "fine" { return 1 + Int64(random.below(12)) }
    if random.below(25) == 0 { return limit.amount + Int64(random.below(2)) }
    // Some that fill a limit at once, and some that leave room for many.
    return 1 + Int64(random.below(Int(limit.amount) / random.pick([2, 5, 20])))
  }

  /// An earlier operation comes again: the last one, or an old one that was delayed.
  private mutating func again() -> ModelOperation {
    var batch = random.below(3) > 0 ? sent[sent.count - 1] : random.pick(sent)
    batch.isResent = true
    batch.notAfter = ServerTime(microseconds: now + Int64(random.below(3_000)) - 500)
    return .acquire(batch)
  }

  private mutating func settle() -> ModelOperation {
    var windows: [String: Int64] = [:]
    let items = (0...random.below(3)).map { _ in
      let index = random.below(permits.count)
      let permit = permits[index]
      // Most are settled once; the others come again.
      if random.below(4) > 0, permits.count > 1 { permits.remove(at: index) }
      windows.merge(permit.windows) { first, _ in first }
      return SettleBatch.Item(
        session: permit.place.session, permit: permit.place.name, grantedAt: permit.grantedAt, ending: ending(permit))
    }
    let epoch = options.announces ? random.pick([nil, "epoch", "epoch", "another"]) : nil
    return .settle(SettleBatch(windowLengths: windows, items: items, epoch: epoch))
  }

  private mutating func ending(_ permit: OpenPermit) -> SettleBatch.Ending {
    let more = options.exceeds ? 2 : 1
    switch random.below(12) {
    case 0: return .abandoned
    case 1: return .settled(permit.reserved.map { _ in 0 })
    case 2 where options.exceeds: return .settled(permit.reserved.map { $0 * 10 })
    case 3: return .settled(permit.reserved.map { _ in nil })
    case 4: return .settled(permit.reserved.map { $0 } + [1])
    default: return .settled(permit.reserved.map { random.below(4) == 0 ? nil : Int64(random.below(Int($0) + more)) })
    }
  }

  private mutating func adjust() -> ModelOperation {
    if random.below(3) > 0 { corrections += 1 }
    return .adjust(
      random.pick(limits()), amount: (Int64(random.below(81)) - 40) * (random.below(4) == 0 ? 20 : 1),
      operation: "fix\(corrections)")
  }

  /// Some live, some ended, some of them twice, some that never were; to one that lives, or not.
  private mutating func adopt() -> ModelOperation {
    let chosen = (0...random.below(3)).map { _ in
      random.below(12) == 0
        ? PermitPlace(session: random.pick(sessions), name: "m.\(random.below(9)).0") : random.pick(permits).granted
    }
    return .adopt(chosen, by: random.below(12) == 0 ? "nobody" : random.pick(sessions))
  }

  /// What a provider says of one window or two, soon after a call or late.
  private mutating func observe() -> ModelOperation {
    let windows = limits().filter { if case .window = $0.allowance { true } else { false } }
    let chosen = windows.shuffled(using: &random).prefix(1 + random.below(2))
    return .observe(
      chosen.map { limit in
        let used = min(store.used(limit), limit.amount)
        return WindowObservation(
          limit: limit, grantedAt: ServerTime(microseconds: now - Int64(random.below(1_500))),
          usedAfter: random.below(3) == 0 ? Int64(random.below(Int(limit.amount))) : used,
          left: random.below(4) == 0 ? nil : Int64(random.below(Int(limit.amount))),
          reset: random.below(3) == 0 ? 0 : Int64(random.below(12_000)))
      })
  }

  /// Somebody asks, fails, succeeds, gives up; some of them long after all others.
  private mutating func cooldown() -> ModelOperation {
    let generation = random.below(4) > 0 ? generations[generations.count - 1] : random.pick(generations)
    let asked: CooldownCall
    switch random.below(20) {
    case 0..<7: asked = .admit(probes: 1 + Int64(random.below(2)), lease: Int64(random.below(8_000)))
    case 7..<13:
      asked = .open(
        CooldownCall.Opening(
          reason: random.pick(["rateLimited", "overloaded", "overloaded"]),
          time: random.below(2) == 0 ? nil : 1 + Int64(random.below(4_000)), base: 300, longest: 1_500,
          generation: random.below(3) == 0 ? nil : generation))
    case 13..<16: asked = .succeeded(generation: generation)
    case 16..<18: asked = .abandoned(generation: generation)
    case 18: asked = random.below(3) == 0 ? .clear : .look
    default: return .cooldowns
    }
    return .cooldown(model: random.pick(["m", "m", "m", "n"]), asked)
  }

  private mutating func note(_ operation: ModelOperation, _ answer: ModelAnswer) {
    if case .cooldown(let state) = answer, state.generation != generations.last { generations.append(state.generation) }
    if case .adopt(let places, let holder) = operation, case .adopted(let adoptions?) = answer {
      for (place, adoption) in zip(places, adoptions) where adoption == .held {
        for index in permits.indices where permits[index].granted == place && store.adopted[place.id] == holder {
          // Some are settled where they were before, by one that does not know it.
          if random.below(8) > 0 { permits[index].place = place.adopted(by: holder) }
        }
      }
    }
    if case .announce(let batch) = operation, answer == .announced(true) { note(batch) }
    guard case .acquire(let batch) = operation, case .acquired(.decided(let now, _, _, let decisions)) = answer else {
      return
    }
    for (position, decision) in decisions.enumerated() where decision == .granted {
      let needs = batch.requests[position].needs
      let windows = needs.reduce(into: [String: Int64]()) { lengths, need in
        if case .window(_, let length) = batch.limits[need.limit].allowance {
          lengths[batch.limits[need.limit].keyName] = length
        }
      }
      permits.append(
        OpenPermit(
          granted: PermitPlace(session: batch.session, name: batch.permitName(at: position)),
          place: PermitPlace(session: batch.session, name: batch.permitName(at: position)), grantedAt: now,
          reserved: needs.map(\.amount), windows: windows))
    }
  }
}

extension SeededGenerator {
  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
