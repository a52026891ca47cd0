import SeededRandom

/// Which calls arrive when, since the start.
package struct Schedule: Sendable, Equatable {
  package var calls: [TraceCall]
  /// Calls of the trace that no empty window could admit; they were left out.
  package var skipped: Int
  /// The window that this trace uses up first.
  package var binding: WindowRule
  /// What the scheduled calls amount to, per unit of the binding window.
  package var offered: Int64
  /// Seconds of the trace per second of the run.
  package var speedup: Double

  /// Takes calls from the trace, from a place that the seed names, until they amount to `load` times what the binding limit
  /// admits in `duration`, and stretches their times over it: bursts stay bursts. A trace that is too short begins again.
  ///
  ///     trace    |x  xxx    x   x x      xx x| ...        offered = load * what the window admits in the run
  ///     run      |x xxx  x  xx   xxx|
  ///
  /// - Parameter headroomPerMille: the share of the limits that may be used; a call above it is left out and counted.
  package static func make(
    trace: Trace, limits: SimulationLimits, load: Double, duration: Duration, headroomPerMille: Int64, seed: UInt64
  ) throws(SimulationError) -> Schedule {
    let admissible = trace.calls.map { limits.admits($0, headroomPerMille: headroomPerMille) }
    let kept = zip(trace.calls, admissible).filter(\.1).map(\.0)
    guard let binding = limits.binding(for: kept, in: duration) else {
      throw SimulationError(
        .configuration,
        kept.isEmpty
          ? "expected calls that fit into the limits, but each of the trace's \(trace.calls.count) is larger than a whole window; raise the limits"
          : "expected a limit on requests or tokens that the trace uses up; add one, as --limit requests=300/10s")
    }
    let target = load * binding.admitted(in: duration)
    var random = SeededGenerator(seed: seed)
    let first = Int(random.next() % UInt64(trace.calls.count))
    var calls: [TraceCall] = []
    var times: [Double] = []
    var skipped = 0
    var offered: Int64 = 0
    // Microseconds of the trace. A sparse one that begins again a million times is longer than 2^63 of them.
    var elapsed = 0.0
    var index = first
    while Double(offered) < target {
      let call = trace.calls[index]
      if admissible[index] {
        calls.append(call)
        times.append(elapsed)
        offered += binding.unit.amount(of: call)
      } else {
        skipped += 1
      }
      guard calls.count <= SimulationBounds.arrivals else {
        throw SimulationError(
          .configuration,
          "expected at most \(SimulationBounds.arrivals) calls in a run, but \(load) times \(binding) for \(DurationText.format(duration)) are more; take a shorter duration or smaller limits"
        )
      }
      index = (index + 1) % trace.calls.count
      elapsed += Double(
        index == 0 ? trace.meanGapMicroseconds : trace.calls[index].atMicroseconds - call.atMicroseconds)
    }
    // All at one instant is a trace too: then they come at once.
    let scale = elapsed == 0 ? 0 : duration.seconds * 1_000_000 / elapsed
    for index in calls.indices { calls[index].atMicroseconds = Int64(times[index] * scale) }
    return Schedule(
      calls: calls, skipped: skipped, binding: binding, offered: offered,
      speedup: elapsed / 1_000_000 / duration.seconds)
  }
}
