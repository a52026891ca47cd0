/// A limiter with one window of tokens, one budget and one limit of slots, as one caller after the other sees it. Nothing leaves the
/// window: it is longer than the history.
package struct LimiterSpecification: SequentialSpecification {
  package enum Limit: Sendable, Hashable {
    case tokens
    case money
    case slots
  }

  package struct Amounts: Sendable, Hashable {
    package var tokens: Int64
    package var money: Int64

    package init(tokens: Int64, money: Int64) {
      self.tokens = tokens
      self.money = money
    }
  }

  package enum Admission: Sendable, Hashable {
    case granted
    case denied(by: Limit, used: Int64)
    /// A better-ranked call waits: that says nothing of what is used.
    case passedOver
    case unknown
  }

  package enum Ending: Sendable, Hashable {
    case used(Amounts)
    /// It stays charged as reserved.
    case abandoned
  }

  package enum Settled: Sendable, Hashable {
    case settled
    /// It is settled, late or not: by this call, or, when a copy of it was lost on the way, by whoever was first.
    case settledByAny
    /// It had been abandoned before.
    case late
    /// It is unknown, or was settled before.
    case gone
    case unknown
  }

  package enum Call: Sendable, Hashable {
    /// Permits have numbers of the history's own.
    case acquire(permit: Int, Amounts, Admission)
    case end(permit: Int, Ending, Settled)
    /// The limiter itself takes back a permit whose caller went away: at any time, and only if it is held.
    case takeBack(permit: Int)
    /// What an onlooker was told.
    case read(tokens: Int64, money: Int64, held: Int64, slots: Int64)
  }

  /// What became of a permit, and with what it is charged.
  package enum Permit: Sendable, Hashable {
    case held(Amounts)
    case abandoned(Amounts)
    case ended(Amounts)

    var charged: Amounts {
      switch self {
      case .held(let amounts), .abandoned(let amounts), .ended(let amounts): amounts
      }
    }

    var isHeld: Bool { if case .held = self { true } else { false } }
  }

  package let tokens: Int64
  package let money: Int64
  package let slots: Int64

  package init(tokens: Int64, money: Int64, slots: Int64) {
    self.tokens = tokens
    self.money = money
    self.slots = slots
  }

  package var initial: [Int: Permit] { [:] }

  package func state(after call: Call, in permits: [Int: Permit]) -> [Int: Permit]? {
    var next = permits
    switch call {
    case .acquire(let permit, let amounts, let admission):
      guard isRight(admission, amounts, permits) else { return nil }
      switch admission {
      case .granted: next[permit] = .held(amounts)
      case .unknown: if full(amounts, permits).isEmpty { next[permit] = .held(amounts) }
      case .denied, .passedOver: break
      }
    case .end(let permit, let ending, let answer):
      switch (permits[permit], ending, answer) {
      case (.held(let reserved), .abandoned, .settled), (.held(let reserved), .abandoned, .settledByAny),
        (.held(let reserved), .abandoned, .unknown):
        next[permit] = .abandoned(reserved)
      case (.held, .used(let used), .settled), (.held, .used(let used), .settledByAny),
        (.held, .used(let used), .unknown),
        (.abandoned, .used(let used), .late), (.abandoned, .used(let used), .settledByAny),
        (.abandoned, .used(let used), .unknown):
        next[permit] = .ended(used)
      case (.held, _, _), (.abandoned, .used, _): return nil
      case (_, _, .gone), (_, _, .settledByAny), (_, _, .unknown): break
      default: return nil
      }
    case .takeBack(let permit):
      guard permits[permit]?.isHeld == true else { return nil }
      next[permit] = .ended(Amounts(tokens: 0, money: 0))
    case .read(let tokens, let money, let held, let slots):
      let isTrue = used(.tokens, permits) == tokens && used(.money, permits) == money && used(.slots, permits) == slots
      guard isTrue, permits.values.reduce(0, { $1.isHeld ? $0 + $1.charged.money : $0 }) == held else { return nil }
    }
    return next
  }

  private func isRight(_ admission: Admission, _ amounts: Amounts, _ permits: [Int: Permit]) -> Bool {
    switch admission {
    case .granted: full(amounts, permits).isEmpty
    case .denied(let limit, let used): full(amounts, permits).contains(limit) && used == self.used(limit, permits)
    case .passedOver, .unknown: true
    }
  }

  /// The limits that have no room for a call.
  private func full(_ amounts: Amounts, _ permits: [Int: Permit]) -> Set<Limit> {
    var limits: Set<Limit> = []
    if used(.tokens, permits) + amounts.tokens > tokens { limits.insert(.tokens) }
    if used(.money, permits) + amounts.money > money { limits.insert(.money) }
    if used(.slots, permits) + 1 > slots { limits.insert(.slots) }
    return limits
  }

  private func used(_ limit: Limit, _ permits: [Int: Permit]) -> Int64 {
    switch limit {
    case .tokens: permits.values.reduce(0) { $0 + $1.charged.tokens }
    case .money: permits.values.reduce(0) { $0 + $1.charged.money }
    case .slots: permits.values.reduce(0) { $1.isHeld ? $0 + 1 : $0 }
    }
  }
}
