/// The limits of a run, as the provider enforces them.
package struct SimulationLimits: Codable, Sendable, Hashable {
  package var windows: [WindowRule]
  /// Calls at once; `nil`: no bound.
  package var concurrency: Int64?

  package init(windows: [WindowRule], concurrency: Int64? = nil) {
    self.windows = windows
    self.concurrency = concurrency
  }

  /// Puts together what was given as `--limit`, each unit once.
  package init(_ limits: [LimitText]) throws(SimulationError) {
    windows = []
    for limit in limits {
      let name: String
      switch limit {
      case .window(let rule):
        name = rule.name
        guard !windows.contains(where: { $0.unit == rule.unit }) else { throw Self.twice(name) }
        windows.append(rule)
      case .concurrency(let amount):
        name = "concurrency"
        guard concurrency == nil else { throw Self.twice(name) }
        concurrency = amount
      }
    }
  }

  private static func twice(_ name: String) -> SimulationError {
    SimulationError(.configuration, "expected each limit once, came two for \(name); leave one out")
  }

  /// Does the call fit into windows that are empty?
  ///
  /// - Parameter headroom: the share of the limits that is used, in thousandths.
  package func admits(_ call: TraceCall, headroomPerMille headroom: Int64) -> Bool {
    windows.allSatisfy { $0.unit.amount(of: call) <= $0.usable(headroomPerMille: headroom) }
  }

  /// The window that calls like these use up first in a run of this length.
  package func binding(for calls: [TraceCall], in duration: Duration) -> WindowRule? {
    guard !calls.isEmpty else { return nil }
    func use(_ rule: WindowRule) -> Double {
      let sum = calls.reduce(0.0) { $0 + Double(rule.unit.amount(of: $1)) }
      return sum / Double(calls.count) / rule.admitted(in: duration)
    }
    return windows.map { ($0, use($0)) }.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0
  }
}
