import Oracle
import Simulation

/// Judges the provider's own log (I2): every call has a permit, and one only, and no window of the provider holds more than it allows.
///
/// The limiter's windows are longer than the provider's by the guard, which is how long a call may be on its way. One that was on its way for longer,
/// because its grant came late over a broken network or its worker stood still, may come when its place has been given to another: it is counted, and not
/// judged, nor what the provider refused within a window after it.
struct ProviderVerdict {
  let policy: TrialPolicy

  func judge(_ lines: [ProviderLogLine], _ record: WorkerRecord, _ result: inout TrialResult) {
    if lines.isEmpty, !record.permits.isEmpty { result.violate("I2: the provider knows of no call") }
    var seen: Set<String> = []
    var arrivals: [Arrival] = []
    var lastLate = Int64.min / 2
    let length = policy.windowMicroseconds - TrialPolicy.guardMicroseconds
    for line in lines {
      result.calls += 1
      result.checked += 1
      guard let id = line.user, let permit = record.permits[id] else {
        result.violate("I2: a call without a permit: \(line.user ?? "nobody")")
        continue
      }
      if !seen.insert(id).inserted { result.violate("I2: two calls with permit \(id)") }
      if line.atMicroseconds - permit.serverTime > TrialPolicy.guardMicroseconds {
        result.lateCalls += 1
        lastLate = line.atMicroseconds
      } else {
        let tokens = line.inputTokens + line.outputTokens
        arrivals.append(Arrival(atMicroseconds: line.atMicroseconds, amounts: ["requests": 1, "tokens": tokens]))
      }
      if !line.isAccepted {
        result.rejectedCalls += 1
        if line.atMicroseconds - lastLate >= length { result.violate("I2: permit \(id) was answered with 429") }
      }
    }
    for (unit, amount) in [("requests", policy.requests), ("tokens", policy.tokens)] {
      let rule = ArrivalOracle.Rule(name: "provider's \(unit)", unit: unit, amount: amount, lengthMicroseconds: length)
      let worst = ArrivalOracle.worst(arrivals, rule: rule)
      result.checked += arrivals.count
      if worst > amount { result.violate("I2: \(rule.name): \(worst) of \(amount) in a window, by its own log") }
    }
  }
}
