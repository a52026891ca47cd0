import LimiterCore

/// What is asked for in one row.
struct Workload: Sendable {
  enum Shape: Sendable {
    /// One window of units that are never given back: no record is kept.
    case oneWindow
    /// The same with a record of each permit, and its settlement.
    case oneWindowSettled
    /// Requests, tokens, day, run and concurrency, each admission settled; all calls of one run.
    case fiveLimits
    /// The same, each request of a batch with a run and a tenant of its own.
    case fiveLimitsManyRuns
  }

  var name: String
  var shape: Shape
  var batch: Int
  /// Units that are in the window before the measurement begins.
  var liveUnits: Int64
  /// Naive calls that one decision stands for.
  var naiveCalls: Int { shape == .oneWindow || shape == .oneWindowSettled ? 1 : 5 }
  var isSettled: Bool { shape != .oneWindow }

  static let all: [Workload] = {
    var all: [Workload] = []
    for units: Int64 in [100, 10_000, 1_000_000] {
      for batch in [1, 16, 256] {
        all.append(Workload(name: "one window", shape: .oneWindow, batch: batch, liveUnits: units))
      }
    }
    all.append(Workload(name: "one window + settle", shape: .oneWindowSettled, batch: 256, liveUnits: 1_000_000))
    for batch in [1, 16, 256] {
      all.append(Workload(name: "five limits + settle", shape: .fiveLimits, batch: batch, liveUnits: 1_000_000))
    }
    all.append(
      Workload(name: "five limits, 256 runs", shape: .fiveLimitsManyRuns, batch: 256, liveUnits: 1_000_000))
    return all
  }()

  private static let plenty = LimiterBounds.amount
  /// A period that holds the time of the measurement, whenever that is.
  private static let today = BudgetPeriod(
    name: "today", start: ServerTime(microseconds: 0), end: ServerTime(microseconds: 1 << 52))
  private static let length: Int64 = 600_000_000

  /// The limits of a batch of the row, and its requests.
  func requests() -> (limits: [EffectiveLimit], requests: [AcquireBatch.Request]) {
    var limits = [window("tokens")]
    if naiveCalls == 1 {
      return (limits, (0..<batch).map { _ in request([(0, 1)], isRecorded: shape == .oneWindowSettled) })
    }
    limits += [
      window("requests"), budget("day", period: Self.today),
      EffectiveLimit(id: LimitID(rule: "calls"), allowance: .concurrency(permits: Self.plenty)),
    ]
    if shape == .fiveLimits {
      limits.append(budget("run"))
      return (limits, (0..<batch).map { _ in request([(0, 1_500), (1, 1), (2, 7_000_000), (4, 7_000_000), (3, 1)]) })
    }
    for run in 0..<batch { limits.append(budget("run", scope: "run-\(run)")) }
    // The day's budget is per tenant here.
    for tenant in 0..<batch { limits.append(budget("tenant", scope: "tenant-\(tenant)", period: Self.today)) }
    return (
      limits,
      (0..<batch).map { index in
        request([(0, 1_500), (1, 1), (4 + batch + index, 7_000_000), (4 + index, 7_000_000), (3, 1)])
      }
    )
  }

  private func window(_ name: String) -> EffectiveLimit {
    EffectiveLimit(id: LimitID(rule: name), allowance: .window(amount: Self.plenty, length: Self.length))
  }

  private func budget(_ name: String, scope: String? = nil, period: BudgetPeriod = .lifetime) -> EffectiveLimit {
    EffectiveLimit(
      id: scope.map { LimitID(rule: name, scope: [$0]) } ?? LimitID(rule: name),
      allowance: .budget(nanodollars: Self.plenty, period: period, keep: 3_600_000))
  }

  private func request(_ needs: [(Int, Int64)], isRecorded: Bool = true) -> AcquireBatch.Request {
    AcquireBatch.Request(
      hold: 600_000_000, isRecorded: isRecorded,
      needs: needs.map { AcquireBatch.Need(limit: $0.0, amount: $0.1) })
  }
}
