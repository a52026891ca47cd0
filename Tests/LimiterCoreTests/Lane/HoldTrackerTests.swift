import LimiterCore
import Testing

@Suite struct HoldTrackerTests {
  @Test func aPermitEndsAtItsTimeAndOnce() {
    var holds = HoldTracker<Void>()
    holds.hold((), id: "a", until: 10)
    holds.hold((), id: "b", until: 5)
    #expect(holds.next == 5)
    expire(&holds, at: 4, [])
    expire(&holds, at: 10, ["b", "a"])
    expire(&holds, at: 99, [])
    #expect(holds.next == nil && holds.count == 0)
  }

  @Test func aRenewedPermitEndsLaterAndAShortenedOneSooner() {
    var holds = HoldTracker<Void>()
    holds.hold((), id: "a", until: 10)
    holds.hold((), id: "a", until: 20)
    expire(&holds, at: 15, [])
    #expect(holds.isHeld("a"))
    expire(&holds, at: 20, ["a"])
    holds.hold((), id: "b", until: 40)
    holds.hold((), id: "b", until: 30)
    #expect(holds.next == 30)
    expire(&holds, at: 30, ["b"])
    expire(&holds, at: 40, [])
  }

  @Test func aSettledPermitDoesNotEndAgain() {
    var holds = HoldTracker<Void>()
    holds.hold((), id: "a", until: 10)
    let ended = [holds.end("a"), holds.end("a")]
    #expect(ended == [true, false])
    #expect(!holds.isHeld("a"))
    expire(&holds, at: 10, [])
    holds.hold((), id: "b", until: 20)
    holds.removeAll()
    #expect(holds.next == nil && !holds.isHeld("b"))
  }

  @Test func manySettledPermitsAreForgotten() {
    var holds = HoldTracker<Void>()
    for number in 0..<100_000 {
      holds.hold((), id: "\(number)", until: 1_000_000)
      holds.end("\(number)")
    }
    holds.hold((), id: "last", until: 7)
    #expect(holds.count == 1)
    expire(&holds, at: 2_000_000, ["last"])
  }

  private func expire(
    _ holds: inout HoldTracker<Void>, at now: Int64, _ expected: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expired = holds.expire(at: now).map(\.id)
    #expect(expired == expected, sourceLocation: sourceLocation)
  }
}
