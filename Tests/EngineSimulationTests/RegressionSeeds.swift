/// Hours in which something was wrong once; each is simulated again with all tests. A change of the world makes another hour of a
/// seed: then it says nothing any more, and may go.
enum RegressionSeeds {
  static let all: [(seed: UInt64, what: String)] = [
    (
      1_999_702_105_643_610,
      "a call stayed in the queue whose denial was lost, and whose batch came again when the period of its budget was over"
    )
  ]
}
