import Foundation
package import Oracle
import Synchronization

/// The provider's books: its windows, its open calls, its log. All under one lock, so that the order of the log is the order of the decisions.
package final class ProviderLedger: Sendable {
  private struct State {
    /// By model; if all share the limits, under an empty name.
    var groups: [String: Group] = [:]
    var log: [Arrival] = []
    var models: [String] = []
    var accepted = 0
    var rejected = 0
    var tokens: Int64 = 0
    var ways: [Double] = []
    var faults: [ProviderFault.Kind: Int] = [:]
    var bills: [String: ProviderBill] = [:]
    var billed: [ProviderBilledCall] = []
    var arrivals: [ProviderArrival] = []
  }

  /// What is counted together.
  private struct Group {
    var windows: [ProviderWindow]
    var open: Int64 = 0
  }

  /// What progress shows.
  package struct Totals: Sendable {
    package var requests: Int
    package var rejected: Int
    package var tokens: Int64
    package var open: Int64
  }

  private let configuration: ProviderConfiguration
  private let state: Mutex<State>
  /// Hears of each decided call before the next one is.
  private let tell: (@Sendable (ProviderLogLine) -> Void)?
  private let birth = ContinuousClock.now
  /// When ``now`` was 0, in microseconds since 1970.
  package let born = Int64(Date.now.timeIntervalSince1970 * 1_000_000)

  package init(_ configuration: ProviderConfiguration, tell: (@Sendable (ProviderLogLine) -> Void)? = nil) {
    self.configuration = configuration
    self.tell = tell
    state = Mutex(State())
  }

  /// Microseconds since the ledger was made, on a clock that never goes back.
  package var now: Int64 { (ContinuousClock.now - birth).microseconds }

  /// Every call so far, in the order of arrival.
  package var log: [Arrival] { state.withLock { $0.log } }

  /// Milliseconds from the limiter's decision to the arrival here, of the calls that told; by the clocks of two processes of this machine.
  package var ways: [Double] { state.withLock { $0.ways } }

  package var totals: Totals {
    state.withLock {
      Totals(
        requests: $0.log.count, rejected: $0.rejected, tokens: $0.tokens,
        open: $0.groups.values.reduce(0) { $0 + $1.open })
    }
  }

  /// Calls that met a fault, by kind.
  package var faults: [ProviderFault.Kind: Int] { state.withLock { $0.faults } }

  /// What each model's calls would be billed for.
  package var bills: [String: ProviderBill] { state.withLock { $0.bills } }

  /// Each call that was billed, in the order of its end.
  package var billed: [ProviderBilledCall] { state.withLock { $0.billed } }

  /// The calls of one model so far, in the order of arrival.
  package func log(of model: String) -> [Arrival] {
    state.withLock { state in zip(state.models, state.log).filter { $0.0 == model }.map(\.1) }
  }

  /// Every request, faults included, in the order of arrival.
  package var arrivals: [ProviderArrival] { state.withLock { $0.arrivals } }

  private static func windows(_ configuration: ProviderConfiguration) -> [ProviderWindow] {
    configuration.limits.windows.flatMap { rule in
      let whole = ProviderWindow(rule, configuration.algorithm)
      let seconds = rule.lengthMicroseconds / 1_000_000
      guard configuration.hasSubWindows, seconds > 1, rule.amount >= seconds else { return [whole] }
      let part = WindowRule(unit: rule.unit, amount: rule.amount / seconds, length: .seconds(1))
      return [whole, ProviderWindow(part, configuration.algorithm)]
    }
  }

  /// A request has come, whatever becomes of it.
  func note(model: String, fault: ProviderFault.Kind?) {
    state.withLock { state in
      state.arrivals.append(ProviderArrival(atMicroseconds: now, model: model, fault: fault))
      if let fault { state.faults[fault, default: 0] += 1 }
    }
  }

  /// A call was worked on.
  func bill(model: String, input: Int64, output: Int64) {
    state.withLock { state in
      var bill = state.bills[model] ?? ProviderBill()
      bill.calls += 1
      bill.input += input
      bill.output += output
      state.bills[model] = bill
      state.billed.append(ProviderBilledCall(model: model, input: input, output: output))
    }
  }

  /// Counts a call at the moment of its arrival and decides it. An accepted one is open until ``finish(_:)``.
  func arrive(
    model: String = "", input: Int64, output: Int64, grantedAt: Int64? = nil, user: String? = nil
  ) -> ProviderVerdict {
    state.withLock { state in
      let now = now
      let name = configuration.isPerModel ? model : ""
      var group = state.groups[name] ?? Group(windows: Self.windows(configuration))
      defer { state.groups[name] = group }
      if let grantedAt { state.ways.append(Date.now.timeIntervalSince1970 * 1_000 - Double(grantedAt) / 1_000) }
      let rejection = Self.rejection(&group, configuration.limits, input: input, output: output, now: now)
      if rejection == nil || configuration.countsRejected {
        for index in group.windows.indices {
          group.windows[index].count(group.windows[index].rule.unit.amount(input: input, output: output), at: now)
        }
      }
      var amounts: [String: Int64] = [:]
      for unit in AmountUnit.allCases { amounts[unit.rawValue] = unit.amount(input: input, output: output) }
      state.models.append(model)
      state.log.append(Arrival(atMicroseconds: now, amounts: amounts, isAccepted: rejection == nil))
      tell?(
        ProviderLogLine(
          atMicroseconds: born + now, model: model, user: user, inputTokens: input, outputTokens: output,
          isAccepted: rejection == nil))
      if rejection == nil {
        group.open += 1
        state.accepted += 1
        state.tokens += input + output
      } else {
        state.rejected += 1
      }
      let meters = group.windows.indices.map { index in
        ProviderVerdict.Meter(
          name: group.windows[index].rule.name, limit: group.windows[index].rule.amount,
          remaining: group.windows[index].remaining(at: now), resetMicroseconds: group.windows[index].reset(at: now))
      }
      return ProviderVerdict(number: state.log.count - 1, meters: meters, rejection: rejection)
    }
  }

  /// The answer is ready: the call is open no more. To be called before the first byte of the answer is sent, or the client could be
  /// back with its next call before this one is closed.
  func finish(_ number: Int) {
    state.withLock { state in
      state.groups[configuration.isPerModel ? state.models[number] : ""]?.open -= 1
      state.log[number].untilMicroseconds = now
    }
  }

  private static func rejection(
    _ group: inout Group, _ limits: SimulationLimits, input: Int64, output: Int64, now: Int64
  ) -> ProviderVerdict.Rejection? {
    if let limit = limits.concurrency, group.open >= limit {
      return ProviderVerdict.Rejection(
        name: "concurrency", limit: limit, used: group.open, requested: 1, retryMicroseconds: 1_000_000)
    }
    var worst: ProviderVerdict.Rejection?
    for index in group.windows.indices {
      let rule = group.windows[index].rule
      let amount = rule.unit.amount(input: input, output: output)
      let used = group.windows[index].used(at: now)
      guard used + amount > rule.amount else { continue }
      let wait = group.windows[index].wait(for: amount, at: now)
      // Waiting for the limit that frees last frees the call.
      guard let known = worst, let wait, let knownWait = known.retryMicroseconds, wait <= knownWait else {
        worst = ProviderVerdict.Rejection(
          name: rule.name, limit: rule.amount, used: used, requested: amount,
          lengthMicroseconds: rule.lengthMicroseconds, retryMicroseconds: wait)
        if wait == nil { return worst }
        continue
      }
    }
    return worst
  }
}
