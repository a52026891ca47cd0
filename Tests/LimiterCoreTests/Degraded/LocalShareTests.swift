import LimiterCore
import Testing

/// Shares of processes that have heard of a limit at different times sum up to no more than was left of it.
@Suite struct LocalShareTests {

  private static func batch(_ limit: EffectiveLimit, _ amount: Int64) -> AcquireBatch {
    AcquireBatch(
      session: "s", lane: "m", operation: 1, notAfter: ServerTime(microseconds: .max >> 11), limits: [limit],
      requests: [.init(hold: 1, needs: [.init(limit: 0, amount: amount)])])
  }

  private static func heard(_ used: Int64, at time: Int64, granted: Bool) -> AcquireAnswer {
    .decided(
      now: ServerTime(microseconds: time), aliveUntil: ServerTime(microseconds: time), used: [used],
      decisions: [granted ? .granted : .denied(limit: 0, .never)])
  }

  /// Asks for one after the other until none is left; how much that was.
  private static func drain(_ share: inout LocalShare, _ limit: EffectiveLimit, at time: Int64) -> Int64 {
    var taken: Int64 = 0
    while case .decided(_, _, _, let decisions) = share.decide(
      batch(limit, 1), at: ServerTime(microseconds: time), slots: { _ in HeldSlots(all: taken, local: taken) }),
      decisions == [.granted]
    { taken += 1 }
    return taken
  }

  @Test(arguments: [1, 2, 3, 7], [Int64(0), 1, 40, 99, 100])
  func togetherTheyAdmitWhatWasLeftAndNoMore(_ hosts: Int, _ used: Int64) {
    let limit = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    // The first has used all that was used; the others have heard of it.
    var shares = [LocalShare](repeating: LocalShare(), count: hosts)
    for index in shares.indices {
      shares[index].hosts = Int64(hosts)
      if index == 0, used > 0 {
        shares[index].heard(Self.heard(used, at: 1_000, granted: true), to: Self.batch(limit, used)) { _ in
          HeldSlots(all: 0)
        }
      } else {
        shares[index].heard(Self.heard(used, at: 1_000, granted: false), to: Self.batch(limit, 1)) { _ in
          HeldSlots(all: 0)
        }
      }
    }
    let taken = shares.indices.map { Self.drain(&shares[$0], limit, at: 2_000) }
    #expect(taken.reduce(0, +) <= 100 - used, "\(taken)")
    // Integers: each of them may lose a part of one to rounding.
    #expect(taken.reduce(0, +) > 100 - used - Int64(hosts), "\(taken)")
    // When all of that has left, there is room for their parts of the whole.
    let later = shares.indices.map { Self.drain(&shares[$0], limit, at: 200_000_000) }
    #expect(later.reduce(0, +) == 100 / Int64(hosts) * Int64(hosts), "\(later)")
  }

  @Test func slotsAndMoneyAreSharedToo() {
    let slots = EffectiveLimit(id: LimitID(rule: "s"), allowance: .concurrency(permits: 9))
    var share = LocalShare()
    share.hosts = 3
    share.heard(Self.heard(3, at: 1, granted: false), to: Self.batch(slots, 1)) { _ in HeldSlots(all: 0) }
    #expect(Self.drain(&share, slots, at: 2) == 2, "a third of the six that others do not hold")
    let money = EffectiveLimit(
      id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 1), onFailure: .local)
    share.heard(Self.heard(40, at: 1, granted: false), to: Self.batch(money, 1)) { _ in HeldSlots(all: 0) }
    #expect(Self.drain(&share, money, at: 2) == 20)
  }

  @Test func whoKnowsNobodyHasNoShareAndClosedIsClosed() {
    let limit = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    var share = LocalShare()
    #expect(Self.drain(&share, limit, at: 1) == 0)
    share.hosts = 1
    #expect(Self.drain(&share, limit, at: 1) == 100, "alone, and nothing was ever used")
    var closed = limit
    closed.onFailure = .closed
    #expect(Self.drain(&share, closed, at: 1) == 0)
  }

  @Test func whatIsToldIsWhatRedisDoesNotKnow() throws {
    let limit = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    var share = LocalShare()
    share.hosts = 1
    share.heard(Self.heard(30, at: 1_000, granted: true), to: Self.batch(limit, 30)) { _ in HeldSlots(all: 0) }
    _ = share.decide(Self.batch(limit, 5), at: ServerTime(microseconds: 1_000_000), slots: { _ in HeldSlots(all: 0) })
    let away = share.announcement(hasLostState: false, at: ServerTime(microseconds: 2_000_000))
    #expect(away.windows.map(\.entries) == [[.init(stamp: 1_000_000, amount: 5)]])
    let lost = share.announcement(hasLostState: true, at: ServerTime(microseconds: 2_000_000))
    #expect(lost.windows.first?.entries.map(\.amount) == [30, 5])
    share.announced(at: ServerTime(microseconds: 2_000_000))
    #expect(share.announcement(hasLostState: false, at: ServerTime(microseconds: 2_000_000)).isEmpty)
    let late = share.announcement(hasLostState: true, at: ServerTime(microseconds: 90_000_000))
    #expect(late.isEmpty, "it has left the window")
  }

  private static func decide(_ share: inout LocalShare, _ limit: EffectiveLimit, _ amount: Int64, at time: Int64)
    -> (isGranted: Bool, used: Int64?)
  {
    let answer = share.decide(
      batch(limit, amount), at: ServerTime(microseconds: time), slots: { _ in HeldSlots(all: 0) })
    guard case .decided(_, _, let used, let decisions) = answer else { return (false, nil) }
    return (decisions == [.granted], used.first)
  }

  @Test func `a limit that is asked for in vain is not remembered, and nothing is forgotten for it`() {
    let known = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    var share = LocalShare()
    share.hosts = 1
    share.heard(Self.heard(30, at: 1_000, granted: false), to: Self.batch(known, 1)) { _ in HeldSlots(all: 0) }
    for number in 0..<5_000 {
      let limit = EffectiveLimit(
        id: LimitID(rule: "t\(number)"), allowance: .window(amount: 1, length: 60_000_000))
      #expect(!Self.decide(&share, limit, 2, at: 2_000).isGranted)
    }
    let other = EffectiveLimit(id: LimitID(rule: "o"), allowance: .window(amount: 1, length: 60_000_000))
    share.heard(Self.heard(1, at: 3_000, granted: false), to: Self.batch(other, 1)) { _ in HeldSlots(all: 0) }
    let (isGranted, used) = Self.decide(&share, known, 71, at: 4_000)
    #expect(!isGranted && used == 30)
  }

  @Test func `while Redis is away, what says nothing any more is forgotten, and nothing else`() {
    let short = EffectiveLimit(id: LimitID(rule: "short"), allowance: .window(amount: 100, length: 1_000_000))
    let full = EffectiveLimit(id: LimitID(rule: "full"), allowance: .window(amount: 100, length: 3_600_000_000))
    var share = LocalShare()
    share.hosts = 1
    for (limit, used) in [(short, Int64(30)), (full, 100)] {
      share.heard(Self.heard(used, at: 1_000, granted: false), to: Self.batch(limit, 1)) { _ in HeldSlots(all: 0) }
    }
    for number in 0..<5_000 {
      let limit = EffectiveLimit(
        id: LimitID(rule: "t\(number)"), allowance: .window(amount: 1, length: 60_000_000))
      #expect(Self.decide(&share, limit, 1, at: 2_000_000).isGranted)
    }
    #expect(!Self.decide(&share, full, 1, at: 3_000_000).isGranted)
    #expect(Self.decide(&share, short, 101, at: 3_000_000).used == 0)
    let told = share.announcement(hasLostState: false, at: ServerTime(microseconds: 3_000_000))
    #expect(told.windows.count == 5_000)
  }

  @Test func whatWasChargedAboveItsReservationIsTold() {
    let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    let budget = EffectiveLimit(
      id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 1))
    var share = LocalShare()
    for limit in [window, budget] {
      share.heard(Self.heard(30, at: 1_000, granted: true), to: Self.batch(limit, 30)) { _ in HeldSlots(all: 0) }
    }
    let needs = [LimitNeed(limit: window, amount: 30), LimitNeed(limit: budget, amount: 30)]
    share.settled(needs, as: [35, 41], at: ServerTime(microseconds: 2_000_000))
    share.settled(needs, as: [29, nil], at: ServerTime(microseconds: 2_000_000))
    let told = share.announcement(hasLostState: true, at: ServerTime(microseconds: 3_000_000))
    #expect(told.windows.first?.entries == [.init(stamp: 1_000, amount: 30), .init(stamp: 2_000_000, amount: 5)])
    #expect(told.budgets.map(\.used) == [41])
    // An answer from before does not count it, one from afterwards does.
    for (time, used) in [(Int64(1_500_000), Int64(42)), (2_500_000, 31)] {
      share.heard(Self.heard(31, at: time, granted: false), to: Self.batch(budget, 1)) { _ in HeldSlots(all: 0) }
      let told = share.announcement(hasLostState: true, at: ServerTime(microseconds: 3_000_000))
      #expect(told.budgets.map(\.used) == [used])
    }
  }

  @Test func moneyThatTheShareHasGrantedIsTold() {
    let budget = EffectiveLimit(
      id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 1), onFailure: .local)
    var share = LocalShare()
    share.hosts = 1
    share.heard(Self.heard(30, at: 1_000, granted: false), to: Self.batch(budget, 1)) { _ in HeldSlots(all: 0) }
    _ = share.decide(Self.batch(budget, 5), at: ServerTime(microseconds: 2_000), slots: { _ in HeldSlots(all: 0) })
    func told(at time: Int64) -> [Int64] {
      share.announcement(hasLostState: true, at: ServerTime(microseconds: time)).budgets.map(\.used)
    }
    #expect(told(at: 3_000) == [35])
    share.announced(at: ServerTime(microseconds: 3_000))
    #expect(told(at: 3_000) == [35])
    // An answer that was given before Redis was told, and one after that.
    share.heard(Self.heard(31, at: 2_500, granted: false), to: Self.batch(budget, 1)) { _ in HeldSlots(all: 0) }
    #expect(told(at: 4_000) == [36])
    share.heard(Self.heard(36, at: 4_000, granted: false), to: Self.batch(budget, 1)) { _ in HeldSlots(all: 0) }
    #expect(told(at: 5_000) == [36])
  }

  @Test func aNewPeriodIsToldByItsOwnName() {
    func budget(_ name: String) -> EffectiveLimit {
      let period = BudgetPeriod(
        name: name, start: ServerTime(microseconds: 0), end: ServerTime(microseconds: 90_000_000))
      return EffectiveLimit(
        id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: period, keep: 1), onFailure: .local)
    }
    var share = LocalShare()
    share.hosts = 1
    share.heard(Self.heard(99, at: 1_000, granted: false), to: Self.batch(budget("1"), 1)) { _ in HeldSlots(all: 0) }
    #expect(Self.drain(&share, budget("2"), at: 2_000) == 100, "nothing of it is used yet")
    let told = share.announcement(hasLostState: true, at: ServerTime(microseconds: 3_000)).budgets
    #expect(told.map(\.name) == ["budget:b:2"] && told.map(\.used) == [100])
  }

  /// The answers to two lanes overtake each other.
  @Test func anOlderAnswerSaysNothingNew() {
    let slots = EffectiveLimit(id: LimitID(rule: "s"), allowance: .concurrency(permits: 9))
    let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 60_000_000))
    let budget = EffectiveLimit(
      id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 1), onFailure: .local)
    for limit in [window, budget, slots] {
      var (inOrder, reordered) = (LocalShare(), LocalShare())
      let (first, second) = (Self.heard(3, at: 1_000, granted: true), Self.heard(5, at: 2_000, granted: true))
      inOrder.heard(first, to: Self.batch(limit, 3)) { _ in HeldSlots(all: 0) }
      inOrder.heard(second, to: Self.batch(limit, 2)) { _ in HeldSlots(all: 3) }
      reordered.heard(second, to: Self.batch(limit, 2)) { _ in HeldSlots(all: 0) }
      reordered.heard(first, to: Self.batch(limit, 3)) { _ in HeldSlots(all: 2) }
      for index in 0..<2 {
        var share = index == 0 ? inOrder : reordered
        share.hosts = 1
        #expect(Self.drain(&share, limit, at: 3_000) == (limit == slots ? 9 : 95), "\(limit.id), \(index)")
      }
      let told = [inOrder, reordered].map { share in
        var share = share
        return share.announcement(hasLostState: true, at: ServerTime(microseconds: 3_000))
      }
      #expect(told[0].budgets == told[1].budgets)
      #expect(
        told.map { $0.windows.flatMap(\.entries).reduce(0) { $0 + $1.amount } } == (limit == window ? [5, 5] : [0, 0]))
    }
  }

  @Test func memoryIsBounded() {
    var share = LocalShare()
    share.hosts = 1
    for number in 0..<20_000 {
      let limit = EffectiveLimit(
        id: LimitID(rule: "r", scope: ["\(number)"]), allowance: .window(amount: 10, length: 60_000_000))
      share.heard(Self.heard(1, at: Int64(number), granted: true), to: Self.batch(limit, 1)) { _ in HeldSlots(all: 0) }
    }
    let told = share.announcement(hasLostState: true, at: ServerTime(microseconds: 30_000))
    #expect(told.windows.count <= 4_096 && told.windows.count >= 2_048)
    let busy = EffectiveLimit(id: LimitID(rule: "busy"), allowance: .window(amount: 1 << 40, length: 60_000_000))
    for number in 0..<50_000 {
      share.heard(Self.heard(1, at: Int64(number) * 1_200, granted: true), to: Self.batch(busy, 1)) { _ in
        HeldSlots(all: 0)
      }
    }
    let entries = share.announcement(hasLostState: true, at: ServerTime(microseconds: 60_000_000)).windows
      .first { $0.name == "window:busy" }?.entries
    #expect(entries?.count ?? 0 <= 258)
    #expect(entries?.reduce(0) { $0 + $1.amount } == 50_000)
  }

  @Test func budgetsAreToldBeforeThePermitsThatHoldThem() {
    var all = Announcement()
    all.budgets = (0..<5).map { .init(name: "budget:b:\($0)", end: 0, keep: 1, used: 0) }
    all.permits = (0..<7).map {
      .init(id: "s/m.\($0).1", grantedAt: .init(microseconds: 1), holdUntil: .init(microseconds: 2), needs: [])
    }
    all.windows = [.init(name: "window:w", length: 1, entries: [])]
    let parts = all.parts(of: 2)
    #expect(parts.flatMap(\.budgets) == all.budgets && parts.flatMap(\.permits) == all.permits)
    #expect(parts.flatMap(\.windows) == all.windows)
    #expect(parts.allSatisfy { $0.budgets.count <= 2 && $0.permits.count <= 2 })
    let lastBudget = parts.lastIndex { !$0.budgets.isEmpty } ?? 0
    let firstPermit = parts.firstIndex { !$0.permits.isEmpty } ?? 0
    #expect(lastBudget <= firstPermit)
    #expect(Announcement().parts(of: 2).count == 1)
  }
}
