import Foundation
import SeededRandom

/// A made-up trace, the same for the same seed: log-normal sizes, and arrivals in bursts.
///
/// The sizes follow what is seen in conversation services (medians near 1,000 tokens in and 130 out, with long tails). Arrivals
/// are a Poisson process whose rate changes between calm and burst, each for an exponential time: six times as many calls a second in a burst.
package enum SyntheticTrace {
  static let calls = 20_000
  static let calmGapSeconds = 0.25
  static let burstFactor = 6.0
  static let meanCalmSeconds = 12.0
  static let meanBurstSeconds = 3.0

  package static func make(seed: UInt64, calls count: Int = calls) throws(SimulationError) -> Trace {
    var random = SeededGenerator(seed: seed)
    var seconds = 0.0
    var isBurst = false
    var change = random.exponential(mean: meanCalmSeconds)
    var calls: [TraceCall] = []
    calls.reserveCapacity(count)
    for _ in 0..<count {
      seconds += random.exponential(mean: isBurst ? calmGapSeconds / burstFactor : calmGapSeconds)
      while seconds > change {
        isBurst.toggle()
        change += random.exponential(mean: isBurst ? meanBurstSeconds : meanCalmSeconds)
      }
      calls.append(
        TraceCall(
          atMicroseconds: Int64(seconds * 1_000_000),
          inputTokens: size(median: 1_000, deviation: 0.8, 1...16_000, &random),
          outputTokens: size(median: 130, deviation: 0.9, 1...4_000, &random)))
    }
    return try Trace(calls)
  }

  private static func size(
    median: Double, deviation: Double, _ range: ClosedRange<Int64>, _ random: inout SeededGenerator
  ) -> Int64 {
    let drawn = Int64(median * exp(deviation * random.normal()))
    return min(max(drawn, range.lowerBound), range.upperBound)
  }
}
