import LimiterCore

/// The limits of a world, and times; chosen by its seed. Times are in microseconds.
struct Rules {
  static let second: Int64 = 1_000_000
  static let lanes = ["a", "b"]
  static let tenants = ["x", "y", "z"]
  static let longestWait = 60 * second
  static let longestHold = 120 * second

  let timeToLive: Int64
  let answerTime: Int64
  let slots: Int64
  let requests: Int64
  let tokens: Int64
  let tenantTokens: Int64
  let money: Int64
  let runMoney: Int64
  static let patience = 5 * second

  /// Whether each process goes on within its share while Redis gives no answer, and whether with money, too.
  let isLocal: Bool
  let moneyIsLocal: Bool

  init(_ chance: Chance, local: Chance) {
    isLocal = local.happens(300)
    moneyIsLocal = isLocal && local.happens(500)
    timeToLive = chance.number(12...60) * Self.second
    answerTime = chance.pick([500_000, 1_000_000, 2_000_000])
    slots = chance.number(1...8)
    requests = chance.number(10...60)
    tokens = chance.number(300...2_000)
    tenantTokens = chance.number(200...800)
    money = chance.number(1_000...20_000)
    runMoney = chance.number(200...3_000)
  }

  /// What a call needs at an instant.
  func needs(_ ask: Ask, at time: ServerTime) -> [LimitNeed] {
    let minutes = 10 * 60 * Self.second
    let number = time.microseconds / minutes
    let period = BudgetPeriod(
      name: "\(number)", start: ServerTime(microseconds: number * minutes),
      end: ServerTime(microseconds: (number + 1) * minutes))
    func window(_ name: String, _ amount: Int64, _ seconds: Int64) -> EffectiveLimit {
      EffectiveLimit(
        id: LimitID(rawValue: name), allowance: .window(amount: amount, length: seconds * Self.second),
        onFailure: isLocal ? .local : .closed)
    }
    func budget(_ name: String, _ amount: Int64, _ period: BudgetPeriod) -> EffectiveLimit {
      EffectiveLimit(
        id: LimitID(rawValue: name), allowance: .budget(nanodollars: amount, period: period, keep: 1),
        onFailure: moneyIsLocal ? .local : .closed)
    }
    let all: [(Ask.Part, LimitNeed)] = [
      (.requests, LimitNeed(limit: window("\(ask.lane).requests", requests, 60), amount: 1)),
      (.tokens, LimitNeed(limit: window("\(ask.lane).tokens", tokens, 60), amount: ask.tokens, settling: .actual)),
      (
        .tenant,
        LimitNeed(limit: window("tenant:\(ask.tenant)", tenantTokens, 10), amount: ask.tokens, settling: .actual)
      ),
      (.money, LimitNeed(limit: budget("money", money, period), amount: ask.money, settling: .actual)),
      (.run, LimitNeed(limit: budget("run:\(ask.run)", runMoney, .lifetime), amount: ask.money, settling: .actual)),
      (
        .slots,
        LimitNeed(
          limit: EffectiveLimit(
            id: LimitID(rawValue: "slots"), allowance: .concurrency(permits: slots),
            onFailure: isLocal ? .local : .closed),
          amount: ask.slots)
      ),
    ]
    return all.filter { ask.parts.contains($0.0) }.map(\.1)
  }
}

/// What a caller asks for.
struct Ask: Sendable {
  enum Part: CaseIterable {
    case requests, tokens, tenant, money, run, slots
  }

  var lane: String
  var tenant: String
  var run: String
  var tokens: Int64
  var money: Int64
  var slots: Int64 = 1
  var parts = Set(Part.allCases)
  var isRecorded = true
  var priority = 5
  /// `nil`: it is decided once.
  var wait: Int64?
  var hold: Int64

  init(_ chance: Chance) {
    lane = chance.pick(Rules.lanes)
    tenant = chance.pick(Rules.tenants)
    run = "\(chance.number(1...12))"
    tokens = chance.happens(20) ? chance.number(500...3_000) : chance.number(1...200)
    money = chance.number(0...150)
    hold = chance.number(1...120) * Rules.second
    priority = Int(chance.number(1...10))
    if chance.happens(600) { wait = chance.number(1...60_000) * 1_000 }
    switch chance.number(0...9) {
    case 0: (parts, isRecorded) = ([.requests, .tokens], chance.happens(500))
    case 1: parts = [.slots, .money]
    case 2: parts = [.tenant]
    default: break
    }
  }
}
