import Simulation

/// What goes wrong in a trial, and when: a name and a seed make the same one again.
package struct TrialSchedule: Sendable {
  package let name: String
  package let seed: UInt64
  /// One after the other, with a pause before each.
  package let faults: [(pause: Duration, fault: Fault)]
  /// Workers that are killed meanwhile, one after the other.
  package let kills: Int
  /// Workers call a provider with their permits.
  package let callsProvider: Bool

  package init(
    name: String, seed: UInt64, faults: [(pause: Duration, fault: Fault)], kills: Int, callsProvider: Bool = false
  ) {
    self.callsProvider = callsProvider
    self.name = name
    self.seed = seed
    self.faults = faults
    self.kills = kills
  }

  /// Whether Redis forgets, or does not decide, so that a bound is kept instead of the limit itself.
  package var isBounded: Bool { TrialNeeds(faults.map(\.fault)).isBounded }

  /// Whether Redis, limiterds and the network between them are well: then a killed worker's permits end at once.
  var isOnlyWorkers: Bool {
    faults.allSatisfy {
      switch $0.fault {
      case .killWorkers, .stopWorker, .thunder: true
      default: false
      }
    }
  }

  /// Whether permits may stand in Redis that nobody holds: settlements are lost with a server, or a request that was denied comes a second time.
  var leavesOrphans: Bool {
    faults.contains {
      switch $0.fault {
      case .failOver, .link(.redis, .double, _): true
      default: false
      }
    }
  }

  /// How often it forgets.
  var losses: Int {
    faults.count {
      switch $0.fault {
      case .emptyRedis, .flushAll, .failOver: true
      default: false
      }
    }
  }
}
