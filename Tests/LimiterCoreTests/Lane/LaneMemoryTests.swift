import Testing

/// A Redis that has forgotten the last that it had decided.
@Suite struct LaneMemoryTests {
  /// The next batch is remembered whatever it decides, as if it had been sent before: if Redis forgets what it was told, it forgets that, too.
  @Test func whatRedisHasForgottenIsToldBeforeAnythingElseIsAsked() throws {
    try LaneTimeline.play(
      """
      0  open A        -> -
      0  enqueue a     -> send A1 [w=1]
      1  answer ok     -> a granted A/m.1.1
      2  enqueue b w=2 -> send A2 [w=2]
      3  forgotten 0   -> forgotten in A after 0 through 1
      4  enqueue c     -> -
      9  open A        -> send A3 again [w=2 w=1]
      10 answer no w@50, no w@50 -> b denied w 77 of 100; c denied w 77 of 100
      11 doubt         -> send A4 []
      12 forgotten 0   -> forgotten in A after 0 through 3
      """)
  }

  /// Nobody waits: an empty batch asks whether what was granted is remembered, once; where nothing was, there is nothing to ask.
  @Test func aLaneThatIsAtRestAsksWhetherItIsRemembered() throws {
    try LaneTimeline.play(
      """
      0  open A        -> -
      0  doubt         -> -
      1  enqueue a     -> send A1 [w=1]
      2  answer ok     -> a granted A/m.1.1
      3  doubt         -> send A2 []
      4  answer        -> -
      5  enqueue b     -> send A3 [w=1]
      6  doubt         -> -
      7  answer ok     -> b granted A/m.3.1; send A4 []
      8  forgotten 1   -> forgotten in A after 1 through 3
      9  open A        -> send A5 again []
      10 answer        -> -
      11 doubt         -> send A6 []
      12 unknown       -> -
      13 doubt         -> -
      22 tick          -> send A6 again []
      23 answer        -> -
      24 doubt         -> send A7 []
      25 fatal         -> -
      26 enqueue c     -> send A8 [w=1]
      """)
  }
}
