import LimiterCore
import Testing

@Suite struct HoldTrackerTests {
  @Test func aPermitEndsAtItsTimeAndOnce() {
    var holds = HoldTracker()
    holds.hold(permit("a"), until: 10)
    holds.hold(permit("b"), until: 5)
    #expect(holds.next == 5)
    expire(&holds, at: 4, [])
    expire(&holds, at: 10, ["b", "a"])
    expire(&holds, at: 99, [])
    #expect(holds.next == nil && holds.count == 0)
  }

  @Test func aRenewedPermitEndsLaterAndAShortenedOneSooner() {
    var holds = HoldTracker()
    holds.hold(permit("a"), until: 10)
    holds.hold(permit("a"), until: 20)
    expire(&holds, at: 15, [])
    #expect(holds.isHeld("s/a"))
    expire(&holds, at: 20, ["a"])
    holds.hold(permit("b"), until: 40)
    holds.hold(permit("b"), until: 30)
    #expect(holds.next == 30)
    expire(&holds, at: 30, ["b"])
    expire(&holds, at: 40, [])
  }

  @Test func aSettledPermitDoesNotEndAgain() {
    var holds = HoldTracker()
    holds.hold(permit("a"), until: 10)
    let ended = [holds.end("s/a"), holds.end("s/a")]
    #expect(ended == [true, false])
    #expect(!holds.isHeld("s/a"))
    expire(&holds, at: 10, [])
    holds.hold(permit("b"), until: 20)
    holds.removeAll()
    #expect(holds.next == nil && !holds.isHeld("s/b"))
  }

  @Test func manySettledPermitsAreForgotten() {
    var holds = HoldTracker()
    for number in 0..<100_000 {
      holds.hold(permit("\(number)"), until: 1_000_000)
      holds.end("s/\(number)")
    }
    holds.hold(permit("last"), until: 7)
    #expect(holds.count == 1)
    expire(&holds, at: 2_000_000, ["last"])
  }

  private func expire(
    _ holds: inout HoldTracker, at now: Int64, _ expected: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expired = holds.expire(at: now).map(\.item.id)
    #expect(expired == expected.map { "s/\($0)" }, sourceLocation: sourceLocation)
  }

  private func permit(_ name: String) -> HeldPermit {
    HeldPermit(
      item: SettleBatch.Item(
        session: "s", permit: name, grantedAt: ServerTime(microseconds: 0), ending: .abandoned), freed: [])
  }
}
