import LimiterCore
import LimiterRedis
import SeededRandom
import TestSupport
import Testing

/// Random operations: the scripts on a real Redis against the reference store.
@Suite struct DifferentialTests {
  static let sequences = 500
  static let length = 200

  @Test func theScriptsBehaveAsTheReferenceStore_withSmallBounds() async throws {
    try await compare(
      bounds: ModelScripts.smallBounds, sequences: Self.sequences, purpose: "differential, small bounds")
  }

  @Test func theScriptsBehaveAsTheReferenceStore_withTheirOwnBounds() async throws {
    try await compare(bounds: StoreBounds(), sequences: Self.sequences / 5, purpose: "differential, own bounds")
  }

  private func compare(bounds: StoreBounds, sequences: Int, purpose: String) async throws {
    var random = SeededGenerator(for: purpose)
    let seeds = (0..<sequences).map { _ in random.next() }
    let scripts = ModelScripts.make(bounds: bounds)
    let difference = try await withModelRedis(scripts) { redis in
      try await Differential.firstDifference(
        seeds: seeds, length: Self.length, bounds: bounds, scripts: scripts, redis: redis)
    }
    #expect(difference == nil, "\(difference ?? "")")
  }
}
