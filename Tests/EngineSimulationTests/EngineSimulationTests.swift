import Foundation
import SeededRandom
import TestSupport
import Testing

/// The whole engine in virtual time: lanes, settlements, sessions, holds, revocations and wake-ups over a network that loses, doubles,
/// delays and reorders, with processes that are paused and die, on the reference store.
@Suite struct EngineSimulationTests {
  /// `LIMITERD_SIMULATIONS` says how many, `LIMITERD_SEED` which is the first, `LIMITERD_TRACE` asks for all that happens in the wrong ones.
  @Test func everySimulatedHourKeepsTheInvariants() async {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["LIMITERD_SIMULATIONS"].flatMap { Int($0) } ?? 200
    // One seed is one world, so that it comes again by itself.
    let first = SeededGenerator.seedOfThisRun
    let start = ContinuousClock.now
    var (done, granted, calls, prompt) = (0, 0, 0, 0)
    await Self.simulate(count, from: first) { simulation in
      // Whoever looks on sees it now.
      defer { fflush(nil) }
      done += 1
      granted += simulation.counts.granted
      calls += simulation.counts.calls
      prompt += simulation.counts.prompt
      if done % 100 == 0 || done == count {
        print(
          "simulated | \(done) hours from seed \(first) in \(start.duration(to: .now)): \(calls) calls, \(granted) granted, \(prompt) alone with room"
        )
      }
      guard !simulation.problems.isEmpty else { return }
      if environment["LIMITERD_TRACE"] != nil {
        for line in Simulation.run(seed: simulation.seed, withTexts: true).texts { print("trace | \(line)") }
      }
      let problems = simulation.problems.prefix(5).joined(separator: "; ")
      print("wrong | scripts/simulate --seeds 1 --seed \(simulation.seed): \(problems)")
      Issue.record("seed \(simulation.seed): \(problems)")
    }
    #expect(granted > count && prompt > count)
  }

  @Test(arguments: RegressionSeeds.all) func anHourThatWasWrongOnceIsRight(_ seed: UInt64, _ what: String) {
    let problems = Simulation.run(seed: seed).problems
    #expect(problems.isEmpty, "\(what): \(problems.prefix(3))")
  }

  /// The same seed is the same world, whatever else the process does: each event at the same microsecond.
  @Test func theSameSeedIsTheSameHour() {
    for seed in SeededGenerator.seedOfThisRun..<SeededGenerator.seedOfThisRun + 5 {
      let (first, second) = (Simulation.run(seed: seed, withTexts: true), Simulation.run(seed: seed, withTexts: true))
      #expect(first.hash == second.hash && first.events == second.events, "seed \(seed)")
      if let difference = zip(first.texts, second.texts).first(where: { $0 != $1 }) {
        Issue.record("seed \(seed): \(difference.0) and then \(difference.1)")
      }
      #expect(Simulation.run(seed: seed &+ 1_000_000).hash != first.hash)
    }
  }

  /// Mistakes that an engine could have are found, each within a few hours.
  @Test(arguments: Sabotage.Mistake.allCases.filter { $0 != .none })
  func aMistakeOfTheEngineIsFound(_ mistake: Sabotage.Mistake) {
    for seed in 1...UInt64(40) {
      if let first = Simulation.run(seed: seed, mistake: mistake).problems.first {
        let name = "\(mistake)" + String(repeating: " ", count: max(0, 50 - "\(mistake)".count))
        return print("mutant | \(name) | engine | found in hour \(seed): \(first.prefix(80))")
      }
    }
    Issue.record("\(mistake) is not found")
  }

  private static func simulate(
    _ count: Int, from first: UInt64, _ judged: (Simulation) -> Void
  ) async {
    await withTaskGroup(of: Simulation.self) { group in
      var next = 0
      func begin() {
        guard next < count else { return }
        let seed = first &+ UInt64(next)
        next += 1
        group.addTask { Simulation.run(seed: seed) }
      }
      for _ in 0..<max(ProcessInfo.processInfo.activeProcessorCount, 1) { begin() }
      while let simulation = await group.next() {
        begin()
        judged(simulation)
      }
    }
  }
}
