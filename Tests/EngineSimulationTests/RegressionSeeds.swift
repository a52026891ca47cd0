/// Hours in which something was wrong once; each is simulated again with all tests. A change of the world makes another hour of a
/// seed: then it says nothing any more, and may go.
enum RegressionSeeds {
  static let all: [(seed: UInt64, what: String)] = [
    (
      1_999_702_105_643_610,
      "a call stayed in the queue whose denial was lost, and whose batch came again when the period of its budget was over"
    ),
    (3, "what was charged above its reservation was not told to a Redis that had lost its state"),
    (37, "money that a share had granted was forgotten when Redis had been told of it"),
    (1_516, "an answer from before Redis was told of a share said what was spent, and came afterwards"),
    (5_114, "a failover forgot how a permit had ended, of which a doubled settlement had said that it was gone"),
    (5_180, "a settlement found nothing, twice, before its lane had found that Redis had forgotten the permit"),
    (5_192, "a failover forgot a settlement that had come late, and nothing else"),
    (5_890, "a permit whose time was over while Redis was away was not told to one that had forgotten it"),
    (6_013, "what was told after a failover was forgotten in the next one"),
    (
      400_067,
      "a call for which window and money were missing stood in no queue, and did not ask again when both came back before their times"
    ),
    (26, "a failover forgot a late settlement, and one that came after it said that nothing was forgotten"),
    (31_264, "a permit that was settled already, in a state that was lost with the answer, took its reservation away"),
  ]
}
