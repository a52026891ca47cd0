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

  /// The largest amount of a limit that may be admitted, rounded down: a part of a unit cannot be used.
  package static func usable(_ amount: Int64, headroom: Double) -> Int64 { max(1, Int64(Double(amount) * headroom)) }

  /// Does the call fit into windows that are empty?
  package func admits(_ call: TraceCall, headroom: Double) -> Bool {
    windows.allSatisfy { $0.unit.amount(of: call) <= Self.usable($0.amount, headroom: headroom) }
  }

  /// The window that calls like these use up first.
  package func binding(for calls: [TraceCall]) -> WindowRule? {
    guard !calls.isEmpty else { return nil }
    func use(_ rule: WindowRule) -> Double {
      let sum = calls.reduce(0.0) { $0 + Double(rule.unit.amount(of: $1)) }
      return sum / Double(calls.count) / Double(rule.amount) * rule.length.seconds
    }
    return windows.map { ($0, use($0)) }.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0
  }
}
