import Testing

@testable import RedisClient

@Suite("Commands that wait for a connection")
struct WaitingCommandsTests {
  private func filled() -> WaitingCommands<String, Int> {
    var queue = WaitingCommands<String, Int>()
    queue.append("a", deadline: 30, byteCount: 1)
    queue.append("b", deadline: 10, byteCount: 20)
    queue.append("c", deadline: 20, byteCount: 300)
    return queue
  }

  @Test func expireOnTheirOwnDeadline() {
    var queue = filled()
    #expect(queue.earliestDeadline() == 10)
    #expect(queue.removeExpired(now: 9) == [])
    #expect(queue.removeExpired(now: 20) == ["b", "c"])
    #expect((queue.count, queue.byteCount) == (1, 1))
    #expect(queue.earliestDeadline() == 30)
  }

  @Test func areSentInTheOrderInWhichTheyCame() {
    var queue = filled()
    #expect(queue.removeAll() == ["a", "b", "c"])
    #expect((queue.count, queue.byteCount) == (0, 0))
  }

  @Test func makeRoomWhenTheirCallersHaveGone() {
    var queue = filled()
    queue.removeAbandoned { $0 == "c" }
    #expect((queue.count, queue.byteCount) == (2, 21))
    #expect(queue.removeAll() == ["a", "b"])
  }
}
