/// How many calls of a worker have come how far.
package struct WorkerCounters: Codable, Sendable, Equatable {
  package var arrived = 0
  package var granted = 0
  package var denied = 0
  package var completed = 0
  package var failed = 0

  package init() {}

  package var waiting: Int { max(0, arrived - granted - denied) }
  package var unfinished: Int { max(0, arrived - completed - failed - denied) }
  package var inFlight: Int { max(0, granted - completed - failed) }

  package static func + (one: Self, two: Self) -> Self {
    var sum = one
    sum.arrived += two.arrived
    sum.granted += two.granted
    sum.denied += two.denied
    sum.completed += two.completed
    sum.failed += two.failed
    return sum
  }
}
