import Foundation
package import Oracle
import Synchronization

/// The provider's books: its windows, its open calls, its log. All under one lock, so that the order of the log is the order of the decisions.
package final class ProviderLedger: Sendable {
  private struct State {
    var windows: [ProviderWindow]
    var open: Int64 = 0
    var log: [Arrival] = []
    var accepted = 0
    var rejected = 0
    var tokens: Int64 = 0
    var ways: [Double] = []
    var faults: [ProviderFault.Kind: Int] = [:]
    var bills: [String: ProviderBill] = [:]
    var arrivals: [ProviderArrival] = []
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
  private let birth = ContinuousClock.now

  package init(_ configuration: ProviderConfiguration) {
    self.configuration = configuration
    state = Mutex(State(windows: Self.windows(configuration)))
  }

  /// Microseconds since the ledger was made, on a clock that never goes back.
  package var now: Int64 { (ContinuousClock.now - birth).microseconds }

  /// Every call so far, in the order of arrival.
  package var log: [Arrival] { state.withLock { $0.log } }

  /// Milliseconds from the limiter's decision to the arrival here, of the calls that told; by the clocks of two processes of this machine.
  package var ways: [Double] { state.withLock { $0.ways } }

  package var totals: Totals {
    state.withLock { Totals(requests: $0.log.count, rejected: $0.rejected, tokens: $0.tokens, open: $0.open) }
  }

  /// Calls that met a fault, by kind.
  package var faults: [ProviderFault.Kind: Int] { state.withLock { $0.faults } }

  /// What each model's calls would be billed for.
  package var bills: [String: ProviderBill] { state.withLock { $0.bills } }

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
    }
  }

  /// Counts a call at the moment of its arrival and decides it. An accepted one is open until ``finish(_:)``.
  func arrive(input: Int64, output: Int64, grantedAt: Int64? = nil) -> ProviderVerdict {
    state.withLock { state in
      let now = now
      if let grantedAt { state.ways.append(Date.now.timeIntervalSince1970 * 1_000 - Double(grantedAt) / 1_000) }
      let rejection = Self.rejection(&state, configuration.limits, input: input, output: output, now: now)
      if rejection == nil || configuration.countsRejected {
        for index in state.windows.indices {
          state.windows[index].count(state.windows[index].rule.unit.amount(input: input, output: output), at: now)
        }
      }
      var amounts: [String: Int64] = [:]
      for unit in AmountUnit.allCases { amounts[unit.rawValue] = unit.amount(input: input, output: output) }
      state.log.append(Arrival(atMicroseconds: now, amounts: amounts, isAccepted: rejection == nil))
      if rejection == nil {
        state.open += 1
        state.accepted += 1
        state.tokens += input + output
      } else {
        state.rejected += 1
      }
      let meters = state.windows.indices.map { index in
        ProviderVerdict.Meter(
          name: state.windows[index].rule.name, limit: state.windows[index].rule.amount,
          remaining: state.windows[index].remaining(at: now), resetMicroseconds: state.windows[index].reset(at: now))
      }
      return ProviderVerdict(number: state.log.count - 1, meters: meters, rejection: rejection)
    }
  }

  /// The answer is ready: the call is open no more. To be called before the first byte of the answer is sent, or the client could be
  /// back with its next call before this one is closed.
  func finish(_ number: Int) {
    state.withLock { state in
      state.open -= 1
      state.log[number].untilMicroseconds = now
    }
  }

  private static func rejection(
    _ state: inout State, _ limits: SimulationLimits, input: Int64, output: Int64, now: Int64
  ) -> ProviderVerdict.Rejection? {
    if let limit = limits.concurrency, state.open >= limit {
      return ProviderVerdict.Rejection(
        name: "concurrency", limit: limit, used: state.open, requested: 1, retryMicroseconds: 1_000_000)
    }
    var worst: ProviderVerdict.Rejection?
    for index in state.windows.indices {
      let rule = state.windows[index].rule
      let amount = rule.unit.amount(input: input, output: output)
      let used = state.windows[index].used(at: now)
      guard used + amount > rule.amount else { continue }
      let wait = state.windows[index].wait(for: amount, at: now)
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
