import LimiterCore

/// What processes tell that have admitted by themselves, step by step: random sequences meet some of this once in thousands.
enum AnnounceStory {
  static let start: Int64 = 1_700_000_000_000_001
  static let length: Int64 = 10_000
  static let tokens = EffectiveLimit(id: LimitID(rule: "tokens"), allowance: .window(amount: 100, length: length))
  /// Another one for the second part: so few entries stand in each that the small bounds of the mutants' scripts are not met.
  static let others = EffectiveLimit(id: LimitID(rule: "others"), allowance: .window(amount: 100, length: length))

  static let steps: [ModelStep] = {
    var store = ReferenceStore()
    var steps: [ModelStep] = []
    func at(_ time: Int64, _ operation: ModelOperation) {
      let time = ServerTime(microseconds: start + time)
      steps.append(store.step(operation, at: time))
    }
    at(0, .open(session: "teller", timeToLive: 1_000_000_000))

    // More sessions die at once than one call ends: those that are left do not count as alive.
    for number in 1...6 { at(10, .open(session: "dead\(number)", timeToLive: 100)) }
    at(1_000, .open(session: "late", timeToLive: 1_000_000_000, hosts: 3))

    // Four entries of one instant, which is now: the last ones stand ahead of the clock, and who comes next comes behind them.
    at(2_000, .announce(part(1, of: tokens, at: 2_000, amounts: [1, 2, 3, 4])))
    at(2_000, .acquire(call(1, of: tokens, at: 2_000)))
    at(2_000, .inspect([tokens]))

    // Two of one instant leave one after the other.
    at(20_000, .announce(part(2, of: others, at: 19_000, amounts: [3, 5])))
    for step: Int64 in 0...2 {
      at(19_000 + length + 2 * step, .acquire(call(2 + step, of: others, at: 19_000 + length)))
    }
    return steps
  }()

  private static func part(_ number: Int64, of limit: EffectiveLimit, at time: Int64, amounts: [Int64]) -> AnnounceBatch
  {
    var all = Announcement()
    all.windows = [
      Announcement.Window(
        name: limit.keyName, length: length,
        entries: amounts.map { Announcement.Entry(stamp: start + time, amount: $0) })
    ]
    return AnnounceBatch(session: "teller", number: number, isLast: false, announcement: all)
  }

  private static func call(_ number: Int64, of limit: EffectiveLimit, at time: Int64) -> AcquireBatch {
    AcquireBatch(
      session: "teller", lane: "m", operation: number, notAfter: ServerTime(microseconds: start + time + 1_000),
      limits: [limit],
      requests: [AcquireBatch.Request(hold: 1_000, needs: [AcquireBatch.Need(limit: 0, amount: 1)])])
  }
}
