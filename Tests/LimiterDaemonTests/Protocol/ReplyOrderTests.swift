import NIOCore
import Testing

@testable import LimiterDaemon

@Suite struct ReplyOrderTests {
  @Test func `replies go out in the order of their commands, whatever the order they are ready in`() {
    var order = ReplyOrder()
    var outgoing = ByteBuffer()
    let numbers = (0..<4).map { _ in order.begin() }
    order.answer(numbers[2], into: &outgoing) { $0.writeString("c") }
    order.answer(numbers[1], into: &outgoing) { $0.writeString("b") }
    #expect(outgoing.readableBytes == 0)
    #expect(order.keptBytes == 2)
    order.answer(numbers[0], into: &outgoing) { $0.writeString("a") }
    #expect(String(buffer: outgoing) == "abc")
    #expect(order.keptBytes == 0)
    order.answer(numbers[3], into: &outgoing) { $0.writeString("d") }
    #expect(String(buffer: outgoing) == "abcd")
    #expect(order.count == 0)
  }
}
