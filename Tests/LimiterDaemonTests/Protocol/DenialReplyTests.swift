import Hiredis
@testable import LimiterCore
import Testing

@testable import LimiterClient
@testable import LimiterDaemon

@Suite struct DenialReplyTests {
  /// Microseconds to wait; what is told.
  static let waits: [(retry: Retry, milliseconds: Int64?, isExact: Bool)] = [
    (.at(ServerTime(microseconds: 1_000)), 0, true), (.at(ServerTime(microseconds: 1_001)), 1, true),
    (.at(ServerTime(microseconds: 2_000)), 1, true), (.at(ServerTime(microseconds: 2_001)), 2, true),
    // Long ago: never negative.
    (.at(ServerTime(microseconds: 10)), 0, true), (.notBefore(ServerTime(microseconds: 61_000)), 60, false),
    (.behind(ServerTime(microseconds: 5_500)), 5, false), (.never, nil, false), (.tooLarge, nil, false),
  ]

  @Test(arguments: waits.indices) func `the wait is rounded up, and nil where no time helps`(_ index: Int) throws {
    let (retry, milliseconds, isExact) = Self.waits[index]
    let limit = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 10, length: 1_000))
    let denial = WaiterDenial(limit: limit, used: 12, retry: retry, decidedAt: ServerTime(microseconds: 1_000))
    var bytes = ReplyBuffer()
    DenialReply(Denial(denial), position: 3).write(to: &bytes)
    var reader = ReplyReader()
    try reader.feed(bytes.bytes)
    let reply = try #require(try reader.next())
    #expect(reply["retry_after_ms"] == milliseconds.map(Reply.integer) ?? .null)
    #expect(reply["exact"] == .integer(isExact ? 1 : 0))
    #expect(reply["remaining"] == .integer(0))
    #expect(reply["queue_position"] == .integer(3))
    #expect(try reader.next() == nil)
  }
}
