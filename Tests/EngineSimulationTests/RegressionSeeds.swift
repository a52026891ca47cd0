/// Hours in which something was wrong once; each is simulated again with all tests. A change of the world makes another hour of a
/// seed: then it says nothing any more, and may go.
enum RegressionSeeds {
  static let all: [(seed: UInt64, what: String)] = [
    (6, "a call that waits for slots and for a window left the queue after three seconds, and was woken by nobody")
  ]
}
