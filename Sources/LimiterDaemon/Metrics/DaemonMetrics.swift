import NIOCore

/// What is counted for `/metrics` beyond ``DaemonCounters``.
struct DaemonMetrics {
  enum Outcome: String, CaseIterable {
    case granted, denied, failed, withdrawn
  }

  /// What became of the calls of one model.
  struct Decisions {
    private var counts = Array(repeating: Int64(0), count: Outcome.allCases.count)

    subscript(outcome: Outcome) -> Int64 {
      get { counts[outcome.index] }
      set { counts[outcome.index] = newValue }
    }
  }

  struct Answered: Hashable {
    var path: String
    var status: String
  }

  /// By model; the others together as ``MetricBounds/otherName``.
  private(set) var decisions: [String: Decisions] = [:]
  private(set) var denials: [String: Int64] = [:]
  private(set) var settlements: [String: Int64] = [:]
  private(set) var scriptCalls: [String: Int64] = [:]
  private(set) var scriptErrors: [String: Int64] = [:]
  private(set) var httpRequests: [Answered: Int64] = [:]
  /// What workers have reported through this daemon, by counter.
  private(set) var reported: [String: Int64] = [:]
  /// Models that were left alone, by why.
  private(set) var cooldowns: [String: Int64] = [:]
  private(set) var waits = MetricHistogram.waits
  private(set) var scripts = MetricHistogram.scripts

  /// - Parameter isKnown: whether the policy has the model; asked once for each that is told apart.
  mutating func decided(_ model: String, _ outcome: Outcome, count: Int64, isKnown: @autoclosure () -> Bool) {
    guard count > 0 else { return }
    let isTold = decisions[model] != nil || (decisions.count < MetricBounds.models && isKnown())
    decisions[isTold ? model : MetricBounds.otherName, default: Decisions()][outcome] += count
  }

  mutating func denied(_ reason: String, count: Int64) {
    if count > 0 { denials[reason, default: 0] += count }
  }

  mutating func waited(since: NIODeadline, count: Int64) {
    if count > 0 { waits.observe(microseconds: (NIODeadline.now() - since).nanoseconds / 1_000, count: count) }
  }

  mutating func ended(_ outcome: String, count: Int64 = 1) { settlements[outcome, default: 0] += count }

  mutating func scriptAnswered(_ name: String, microseconds: Int64, isError: Bool) {
    scriptCalls[name, default: 0] += 1
    if isError { scriptErrors[name, default: 0] += 1 }
    scripts.observe(microseconds: microseconds)
  }

  mutating func reported(_ counts: [String: Int64]) { reported.merge(counts, uniquingKeysWith: &+) }

  mutating func cooled(_ reason: String) { cooldowns[reason, default: 0] += 1 }

  mutating func httpAnswered(path: String, statusClass: Int) {
    let path = HTTPRouteTable.routes.contains { $0.path == path } ? path : MetricBounds.otherName
    httpRequests[Answered(path: path, status: "\(statusClass)xx"), default: 0] += 1
  }
}

extension DaemonMetrics.Outcome {
  fileprivate var index: Int {
    switch self {
    case .granted: 0
    case .denied: 1
    case .failed: 2
    case .withdrawn: 3
    }
  }
}
