import Oracle

/// How much of the provider's limits a run has used, each as a share from 0 to 1.
///
/// A window counts in its whole lengths from the start of the run, and what is left of the run behind the last of them is left out: a
/// provider admits at most the amount in each length, so that there is never more than all. A run that is shorter than a window
/// has one.
///
///     run      |------------------------------------------>|       52 s
///     window   |-- 10 s --|          |          |          |  |    5 of them: 5 x the amount is all
enum Utilisation {
  /// - Parameters:
  ///   - accepted: the calls that the provider accepted.
  ///   - start: of the arrivals, in microseconds.
  ///   - duration: of the arrivals.
  static func shares(
    of limits: SimulationLimits, _ accepted: [Arrival], from start: Int64, for duration: Duration
  ) -> [String: Double] {
    guard duration > .zero else { return [:] }
    var shares: [String: Double] = [:]
    for window in limits.windows {
      let lengths = duration.microseconds / window.lengthMicroseconds
      let end = start + (lengths == 0 ? duration.microseconds : lengths * window.lengthMicroseconds)
      let used = accepted.reduce(0.0) { sum, call in
        guard call.atMicroseconds >= start, call.atMicroseconds < end else { return sum }
        return sum + Double(call.amounts[window.unit.rawValue] ?? 0)
      }
      shares[window.name] = used / Double(max(1, lengths)) / Double(window.amount)
    }
    if let slots = limits.concurrency {
      let end = start + duration.microseconds
      let busy = accepted.reduce(0.0) { sum, call in
        let (from, until) = (max(call.atMicroseconds, start), min(call.untilMicroseconds ?? end, end))
        return sum + Double(max(0, until - from))
      }
      shares["concurrency"] = busy / Double(duration.microseconds) / Double(slots)
    }
    return shares
  }
}
