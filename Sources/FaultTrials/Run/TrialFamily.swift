import SeededRandom
import Simulation

/// Faults of a kind, of which a seed draws some.
package struct TrialFamily: Sendable {
  package let name: String
  /// What the family is about, in a line.
  package let purpose: String
  /// Why it cannot be tried on this machine.
  package let obstacle: String?
  /// Workers call a provider with their permits.
  private let callsProvider: Bool
  private let draw: @Sendable (inout SeededGenerator) -> [Fault]

  private init(
    _ name: String, _ purpose: String, unless obstacle: String? = nil, callsProvider: Bool = false,
    _ draw: @escaping @Sendable (inout SeededGenerator) -> [Fault]
  ) {
    self.name = name
    self.purpose = purpose
    self.obstacle = obstacle
    self.callsProvider = callsProvider
    self.draw = draw
  }

  package func schedule(seed: UInt64, kills: Int) -> TrialSchedule {
    var random = SeededGenerator(seed: name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    let isLoss = TrialNeeds(draw(&random)).isBounded
    let faults = draw(&random).map { fault in
      // A loss of state must have left the windows before the next one: the bound is for one.
      let pause = isLoss ? Int.random(in: 2_500...3_500, using: &random) : Int.random(in: 200...900, using: &random)
      return (Duration.milliseconds(pause), fault)
    }
    return TrialSchedule(name: name, seed: seed, faults: faults, kills: kills, callsProvider: callsProvider)
  }

  private static func time(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> Int {
    Int.random(in: range, using: &random)
  }

  private static func some(
    _ count: Int, of faults: [Fault], _ random: inout SeededGenerator
  ) -> [Fault] { Array(faults.shuffled(using: &random).prefix(count)) }

  package static let all: [TrialFamily] = [
    TrialFamily("redis-paused", "Redis stands still for 0.1 to 10 s") { random in
      let long = time(0...3, &random) == 0
      return [
        .pauseRedis(time(100...900, &random)),
        .pauseRedis(long ? time(5_000...10_000, &random) : time(1_500...4_000, &random)),
        .pauseRedis(time(100...500, &random)),
      ]
    },
    TrialFamily("redis-killed", "Redis is killed and comes back with its file") { random in
      (0..<3).map { _ in .killRedis(down: time(0...1_200, &random)) }
    },
    TrialFamily("redis-restless", "scripts are flushed, clients are killed, under load") { random in
      [
        .flushScripts(time(10...40, &random)), .killClients(time(3...12, &random)),
        .flushScripts(time(5...20, &random)),
      ]
      .shuffled(using: &random)
    },
    TrialFamily("redis-refuses", "errors that go away: OOM, READONLY, BUSY, MISCONF, NOPERM, LOADING, maxclients") {
      random in
      Fault.ErrorReply.allCases.shuffled(using: &random).prefix(4).map { .answer($0, time(200...1_000, &random)) }
    },
    TrialFamily("slow-network", "delay, drip and stalls between all of them") { random in
      some(
        4,
        of: Fault.Link.allCases.flatMap { link -> [Fault] in
          [
            .link(link, .delay(time(5...120, &random)), time(800...2_000, &random)),
            .link(link, .drip(time(20...200, &random)), time(800...1_500, &random)),
            .link(link, .stall, time(300...2_500, &random)),
          ]
        }, &random)
    },
    TrialFamily("broken-network", "resets, half-open connections, bytes that never arrive, cuts at every byte") {
      random in
      some(
        4,
        of: Fault.Link.allCases.flatMap { link -> [Fault] in
          [
            .link(link, .reset, time(500...1_500, &random)), .link(link, .halfOpen, time(300...1_500, &random)),
            .link(link, .drop, time(300...1_000, &random)), .link(link, .refuse, time(300...1_500, &random)),
            .link(link, .cutAtEveryByte, time(800...2_000, &random)),
          ]
        }, &random)
    },
    TrialFamily("lost-replies", "executed, and nobody heard") { random in
      [
        .link(.workers, .loseReplies(pause: time(25...60, &random)), time(3_000...4_500, &random)),
        .link(.redis, .loseReplies(pause: time(200...400, &random)), time(1_000...2_000, &random)),
        .link(.workers, .loseReplies(pause: time(25...60, &random)), time(1_500...2_500, &random)),
      ]
    },
    TrialFamily("doubled-requests", "every request of limiterd reaches Redis twice") { random in
      [
        .link(.redis, .double, time(2_500...4_000, &random)), .link(.redis, .loseReplies(pause: 300), 900),
        .link(.redis, .double, time(1_000...2_000, &random)),
      ]
    },
    TrialFamily("workers-die", "workers are killed, stopped while they hold, and come 64 at once") { random in
      [
        .killWorkers(time(10...16, &random)), .stopWorker(time(500...2_500, &random)), .thunder(64),
        .killWorkers(time(8...12, &random)),
      ].shuffled(using: &random)
    },
    TrialFamily("limiterd-dies", "limiterds are killed, started again and upgraded") { random in
      [.killLimiterd, .upgradeLimiterd, .killLimiterd, .upgradeLimiterd].shuffled(using: &random)
    },
    TrialFamily("clock-steps", "the clock of Redis steps") { random in
      [
        .stepClock(time(200...1_500, &random)), .stepClock(-time(200...1_500, &random)),
        .stepClock(time(3_000...20_000, &random)), .stepClock(-time(100...1_000, &random)),
      ]
    },
    TrialFamily(
      "disk-full", "no space for the file of Redis",
      unless: SmallDisk.isPossible ? nil : "only root can mount a small disk"
    ) { random in [.fillDisk(time(500...1_500, &random)), .fillDisk(time(500...2_500, &random))] },
    TrialFamily("storm", "of everything that loses no state") { random in
      some(
        5,
        of: [
          .pauseRedis(time(100...1_500, &random)), .killRedis(down: time(0...500, &random)), .flushScripts(10),
          .killClients(5), .answer(.busy, 300), .answer(.readOnly, 300), .answer(.outOfMemory, 300),
          .link(.redis, .delay(20), 1_000), .link(.workers, .reset, 800), .link(.redis, .double, 1_000),
          .link(.workers, .loseReplies(pause: 40), 1_500), .killLimiterd, .upgradeLimiterd, .killWorkers(8),
          .stopWorker(800),
        ], &random)
    },
    TrialFamily(
      "provider", "calls go on to a provider with windows of its own, whatever happens before it", callsProvider: true
    ) { random in
      some(
        5,
        of: [
          .pauseRedis(time(200...1_500, &random)), .killRedis(down: time(0...500, &random)), .flushScripts(10),
          .killClients(5), .answer(.busy, 300), .link(.redis, .delay(time(20...100, &random)), 1_000),
          .link(.workers, .reset, 800), .link(.redis, .double, 1_000),
          .link(.workers, .loseReplies(pause: 40), 1_500), .killLimiterd, .upgradeLimiterd, .killWorkers(8),
          .stopWorker(800),
        ], &random)
    },
    TrialFamily("redis-missed", "Redis stands still, and limits are decided by shares") { random in
      [.leaveAlone(time(800...2_500, &random)), .leaveAlone(time(2_500...5_000, &random))]
    },
    TrialFamily("redis-forgets", "Redis is killed and starts empty") { _ in [.emptyRedis, .emptyRedis] },
    TrialFamily("redis-flushed", "FLUSHALL") { _ in [.flushAll, .flushAll] },
    TrialFamily("failover", "a replica takes over that has not heard of the last writes") { random in
      [.failOver(lost: time(20...300, &random))]
    },
  ]
}
