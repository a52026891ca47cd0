/// Hours in which something was wrong once; each is simulated again with all tests. A change of the world makes another hour of a
/// seed: then it says nothing any more, and may go.
enum RegressionSeeds {
  static let all: [(seed: UInt64, what: String)] = [
    (
      1_999_702_105_643_610,
      "a call stayed in the queue whose denial was lost, and whose batch came again when the period of its budget was over"
    ),
    (3, "what was charged above its reservation was not told to a Redis that had lost its state"),
    (37, "an answer that was on its way for long put the server's clock back"),
    (57, "answers to two lanes overtook each other, and the older one said what was spent"),
    (
      577_800_400_665_684,
      "an answer from before a settlement said what was spent, and came after what that had charged above its reservation"
    ),
  ]
}
