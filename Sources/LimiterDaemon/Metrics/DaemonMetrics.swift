import NIOCore

/// What is counted for `/metrics` beyond ``DaemonCounters``.
struct DaemonMetrics {
  struct Decision: Hashable {
    var model: String
    var outcome: String
  }

  struct Answered: Hashable {
    var path: String
    var status: String
  }

  private(set) var decisions: [Decision: Int64] = [:]
  private(set) var denials: [String: Int64] = [:]
  private(set) var settlements: [String: Int64] = [:]
  private(set) var scriptCalls: [String: Int64] = [:]
  private(set) var scriptErrors: [String: Int64] = [:]
  private(set) var httpRequests: [Answered: Int64] = [:]
  private(set) var waits = MetricHistogram.waits
  private(set) var scripts = MetricHistogram.scripts
  private var models: Set<String> = []

  mutating func decided(_ model: String, _ outcome: String, count: Int64) {
    guard count > 0 else { return }
    let isTold = models.contains(model) || models.count < MetricBounds.models
    if isTold { models.insert(model) }
    decisions[Decision(model: isTold ? model : MetricBounds.otherName, outcome: outcome), default: 0] += count
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

  mutating func httpAnswered(path: String, statusClass: Int) {
    let path = HTTPRouteTable.routes.contains { $0.path == path } ? path : MetricBounds.otherName
    httpRequests[Answered(path: path, status: "\(statusClass)xx"), default: 0] += 1
  }
}
