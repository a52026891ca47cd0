import Testing

@testable import RedisClient

@Suite("Pending replies")
struct PendingRepliesTests {
  typealias Queue = PendingReplies<String, Int>

  @Test func repliesBelongToCommandsInOrder() {
    var queue = Queue()
    for (index, name) in ["a", "b", "c"].enumerated() { queue.append(name, deadline: 10 - index, byteCount: 5) }
    #expect((queue.count, queue.byteCount) == (3, 15))
    #expect((0..<4).map { _ in queue.popFirst() } == ["a", "b", "c", nil])
    #expect(queue.isEmpty && queue.byteCount == 0)
  }

  @Test func theEarliestDeadlineMayStandAnywhere() {
    var queue = Queue()
    #expect(queue.earliestDeadline() == nil)
    queue.append("a", deadline: 30, byteCount: 0)
    queue.append("b", deadline: 10, byteCount: 0)
    queue.append("c", deadline: 20, byteCount: 0)
    #expect(queue.earliestDeadline() == 10)
    _ = queue.popFirst()
    _ = queue.popFirst()
    #expect(queue.earliestDeadline() == 20)
  }

  @Test func theEndSaysWhoseTimeHadRunOut() {
    var queue = Queue()
    queue.append("a", deadline: 30, byteCount: 1)
    queue.append("b", deadline: 10, byteCount: 1)
    queue.append("c", deadline: 20, byteCount: 1)
    let orphans = queue.removeAll(now: 20)
    #expect(orphans.map(\.command) == ["a", "b", "c"])
    #expect(orphans.map(\.isLate) == [false, true, true])
    #expect(queue.isEmpty && queue.byteCount == 0)
  }
}
