/// One simulated hour: what came of it.
struct Simulation: Sendable {
  var seed: UInt64
  var hash: UInt64
  var events: Int
  var counts: World.Counts
  var problems: [String]
  var texts: [String]

  static func run(seed: UInt64, mistake: Sabotage.Mistake = .none, withTexts: Bool = false) -> Simulation {
    let world = World(seed: seed, mistake: mistake)
    if withTexts { world.timeline.recordTexts() }
    world.run()
    let trace = world.timeline.trace
    return Simulation(
      seed: seed, hash: trace.hash, events: trace.events, counts: world.counts, problems: world.problems,
      texts: trace.texts ?? [])
  }
}
