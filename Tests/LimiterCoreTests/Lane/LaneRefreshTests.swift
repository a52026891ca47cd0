import LimiterCore
import Testing

/// What calls need has changed, such as by another policy.
@Suite struct LaneRefreshTests {
  @Test func whoWaitsIsAskedForAgainAtOnce() throws {
    try LaneTimeline.play(
      """
      0  open A                   -> -
      0  enqueue a w=60 wait=500  -> send A1 [w=60]
      1  answer no w@50           -> -
      2  refresh                  -> send A2 [w=60]
      3  answer ok                -> a granted A/m.2.1
      """)
  }

  @Test func aDenialOfWhatWasNeededBeforeIsNotTaken() throws {
    try LaneTimeline.play(
      """
      0  open A                   -> -
      0  enqueue a w=60 wait=500  -> send A1 [w=60]
      0  enqueue b w=50 wait=20   -> -
      1  refresh                  -> -
      2  answer no w@400          -> send A2 [w=60 w=50]
      2  refresh                  -> -
      3  answer no w@400, no w@400 -> send A3 [w=60 w=50]
      4  answer ok, no w@400      -> a granted A/m.3.1; b denied w 77 of 100
      """)
  }

  @Test func whoDoesNotWaitIsToldWhatWasDecided() throws {
    try LaneTimeline.play(
      """
      0  open A                   -> -
      0  enqueue once w=60        -> send A1 [w=60]
      1  refresh                  -> -
      2  answer no w@400          -> once denied w 77 of 100
      """)
  }
}
