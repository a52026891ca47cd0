import Oracle
import Simulation

/// The policy of a trial: windows of requests and tokens that the work does not fill, slots that it fills at times, budgets of runs that it
/// spends to the end, and tenants whose limits are always full.
package struct TrialPolicy: Sendable {
  /// Of the steady calls, and of those of tenants: a lane each, and windows that both share.
  package static let model = "m"
  static let tenantModel = "t"
  static let tenants = 4
  static let runBudget = "run"
  private static let dayBudget = "day"
  private static let tenantWindow: Int64 = 1_000_000

  let domain: String
  /// The length of the windows of requests and tokens, in microseconds.
  let windowMicroseconds: Int64 = 2_000_000
  /// The provider's own windows are shorter by this: how long a call may be on its way to it, from its admission on.
  static let guardMicroseconds: Int64 = 500_000
  let sessionMilliseconds = 2_000
  let requests: Int64
  let tokens: Int64
  let slots: Int64
  let tenantRequests: Int64 = 24
  let tenantSlots: Int64 = 2
  /// Nanodollars of one run: a few dozen calls.
  let runNanodollars: Int64
  private let onFailure: String
  private let dayNanodollars: Int64 = 1_000_000_000_000
  /// How long a permit is held at most. Short where settlements may be lost with a server's state.
  let holdSeconds: Int

  init(domain: String, load: TrialLoad, needs: TrialNeeds, isSoak: Bool) {
    self.domain = domain
    let calls = load.perSecond * Double(windowMicroseconds) / 1_000_000 / load.use
    requests = Int64(calls.rounded(.up))
    // A call reserves 25.5 on average, and uses half of it.
    tokens = Int64((calls * 25.5).rounded(.up))
    slots = Int64(max(4, load.workers * load.callers / 3))
    runNanodollars = isSoak ? 1_000_000_000_000 : 600
    holdSeconds = needs.losesState ? 5 : 600
    // What must be exact is decided by Redis or by nobody.
    onFailure = needs.goesAlone ? "local" : "closed"
  }

  /// What the model's price makes of tokens.
  static func cost(input: Int64, output: Int64) -> Int64 { input + 2 * output }

  /// As limiterd reads it.
  var yaml: String {
    let limits = [
      "requests: {requests: \(requests)/\(windowMicroseconds / 1_000)ms",
      "tokens: {tokens: \(tokens)/\(windowMicroseconds / 1_000)ms",
      "slots: {concurrency: \(slots), models: [\(Self.model)]",
      "\(Self.runBudget): {per: run, budget: \(Dollars.format(nanodollars: runNanodollars)) USD",
      "\(Self.dayBudget): {budget: \(Dollars.format(nanodollars: dayNanodollars)) USD/day",
      "tenant-requests: {per: tenant, requests: \(tenantRequests)/\(Self.tenantWindow / 1_000)ms",
      "tenant-slots: {per: tenant, concurrency: \(tenantSlots)",
    ]
    return """
      domain: \(domain)
      headroom: 1.0
      guard: 0ms
      session_ttl: \(sessionMilliseconds)ms
      hold: \(holdSeconds)s
      fairness: off
      models:
        \(Self.model): {provider: mine, settle: actual, price: {input: 0.001, output: 0.002}}
        \(Self.tenantModel): {provider: mine, settle: actual, price: {input: 0.001, output: 0.002}}
      limits:
      \(limits.map { "  \($0), on_failure: \(onFailure)}" }.joined(separator: "\n"))
      """
  }

  /// Of the provider that the workers call: it admits in each of its shorter windows what the policy admits in a whole one.
  var providerYAML: String {
    let length = "\((windowMicroseconds - Self.guardMicroseconds) / 1_000)ms"
    return """
      limits: [requests=\(requests)/\(length), tokens=\(tokens)/\(length)]
      latency: 2ms
      latency_per_token: 0ms
      """
  }

  var oracleLimits: OracleLimits {
    OracleLimits(
      windows: [
        "requests": .init(amount: requests, lengthMicroseconds: windowMicroseconds),
        "tokens": .init(amount: tokens, lengthMicroseconds: windowMicroseconds),
        "tenant-requests:*": .init(amount: tenantRequests, lengthMicroseconds: Self.tenantWindow),
      ], budgets: ["\(Self.runBudget):*": runNanodollars, Self.dayBudget: dayNanodollars],
      concurrency: ["slots": slots, "tenant-slots:*": tenantSlots])
  }

  /// What the workers' own logs must keep; with the tenant's rule for each tenant by itself.
  var grantRules: [ArrivalOracle.Rule] {
    [
      .init(name: "requests", unit: "requests", amount: requests, lengthMicroseconds: windowMicroseconds),
      .init(name: "tokens", unit: "tokens", amount: tokens, lengthMicroseconds: windowMicroseconds),
    ]
      + (0..<Self.tenants).map {
        .init(
          name: "tenant-requests:t\($0)", unit: "t\($0)", amount: tenantRequests,
          lengthMicroseconds: Self.tenantWindow)
      }
  }
}
