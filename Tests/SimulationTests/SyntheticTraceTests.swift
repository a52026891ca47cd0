import Testing

@testable import Simulation

@Suite struct SyntheticTraceTests {
  @Test func `the same seed gives the same calls, another seed others`() throws {
    let one = try SyntheticTrace.make(seed: 7, calls: 500)
    #expect(try SyntheticTrace.make(seed: 7, calls: 500) == one)
    #expect(try SyntheticTrace.make(seed: 8, calls: 500) != one)
    // Written down once: a change of the generator would change every seeded run.
    #expect(one.calls[0] == Self.first)
  }

  private static let first = TraceCall(atMicroseconds: 1_021_768, inputTokens: 728, outputTokens: 130)

  @Test func `sizes are skewed as in a real service`() throws {
    let calls = try SyntheticTrace.make(seed: 1).calls
    let input = Percentiles(calls.map { Double($0.inputTokens) })
    let output = Percentiles(calls.map { Double($0.outputTokens) })
    #expect((950...1_050).contains(input.value(0.5)))
    #expect((122...138).contains(output.value(0.5)))
    #expect(input.value(0.99) > 5 * input.value(0.5))
    #expect(calls.allSatisfy { (1...16_000).contains($0.inputTokens) && (1...4_000).contains($0.outputTokens) })
  }

  @Test func `arrivals come in bursts`() throws {
    let calls = try SyntheticTrace.make(seed: 1).calls
    var perSecond: [Int64: Double] = [:]
    for call in calls { perSecond[call.atMicroseconds / 1_000_000, default: 0] += 1 }
    let last = try #require(calls.last).atMicroseconds / 1_000_000
    let counts = (0...last).map { perSecond[$0] ?? 0 }
    let mean = counts.reduce(0, +) / Double(counts.count)
    let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counts.count)
    // A Poisson process without bursts has a variance equal to its mean.
    #expect(variance > 3 * mean)
  }
}
