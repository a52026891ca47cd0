import Foundation
import LimiterRedis
import SeededRandom
import TestSupport
import Testing

/// Breaks the scripts on purpose, in every way that somebody could, and sees that each mistake is found. `scripts/mutants`
/// runs this suite and prints the table.
@Suite struct MutantTests {
  static let sequences = 60
  static let furtherSequences = 10_000

  /// All of them, or those whose script or name has this word in it.
  private static var chosen: [Mutant] {
    guard let word = ProcessInfo.processInfo.environment["LIMITERD_MUTANTS"] else { return Mutant.all }
    return Mutant.all.filter { $0.file == word || $0.name.contains(word) }
  }

  @Test func everyMutantNamesATextThatStandsExactlyOnceInItsScript() {
    for mutant in Mutant.all {
      #expect(mutant.occurrences == 1, "\(mutant.file).lua, \(mutant.name): found \(mutant.occurrences) times")
    }
    #expect(Set(Mutant.all.map(\.name)).count == Mutant.all.count)
  }

  @Test func aChangeThatMeansNothingIsNotAccused() async throws {
    try await withJudge { judge in
      let scripts = ModelScripts.make(bounds: ModelScripts.smallBounds) { $1 + "\n-- a comment" }
      let verdict = try await judge.verdict(on: scripts)
      #expect(verdict == nil, "\(verdict ?? "")")
    }
  }

  @Test func everyMutantIsKilled() async throws {
    try #require(!Self.chosen.isEmpty, "LIMITERD_MUTANTS: no script and no mutant has this word in its name")
    try await withJudge { judge in
      var survivors = 0
      for mutant in Self.chosen {
        let verdict = try await judge.verdict(on: mutant)
        if verdict == nil { survivors += 1 }
        let name = mutant.name + String(repeating: " ", count: max(0, 50 - mutant.name.count))
        // Whoever looks on sees it now.
        defer { fflush(nil) }
        print("mutant | \(name) | \(mutant.file) | \(verdict.map { "killed by \($0)" } ?? "SURVIVED: \(mutant.why)")")
      }
      print("mutant | \(Self.chosen.count - survivors) of \(Self.chosen.count) killed")
      #expect(survivors == 0, "\(survivors) mutants survive; the table says which")
    }
  }

  private func withJudge(_ body: @Sendable (MutantJudge) async throws -> Void) async throws {
    var random = SeededGenerator(for: "mutants")
    let seeds = (0..<Self.sequences).map { _ in random.next() }
    let sequences = Dictionary(
      uniqueKeysWithValues: MutantJudge.Family.allCases.map { family in
        (family, seeds.map { MutantJudge.sequence(seed: $0, family) })
      })
    let furtherSeeds = (0..<Self.furtherSequences).map { _ in random.next() }
    try await withModelRedis(ModelScripts.make(bounds: ModelScripts.smallBounds)) { redis in
      try await body(MutantJudge(redis: redis, sequences: sequences, furtherSeeds: furtherSeeds))
    }
  }
}
