import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct ReplyOrderTests {
  @Test func `replies go out in the order of their commands, whatever the order they are ready in`() {
    var order = ReplyOrder()
    var outgoing = ReplyBuffer()
    let numbers = (0..<4).map { _ in order.begin() }
    order.answer(numbers[2], into: &outgoing) { $0.writeString("c") }
    order.answer(numbers[1], into: &outgoing) { $0.writeString("b") }
    #expect(outgoing.isEmpty)
    #expect(order.keptBytes == 2)
    order.answer(numbers[0], into: &outgoing) { $0.writeString("a") }
    #expect(String(decoding: outgoing.bytes, as: UTF8.self) == "abc")
    #expect(order.keptBytes == 0)
    order.answer(numbers[3], into: &outgoing) { $0.writeString("d") }
    #expect(String(decoding: outgoing.bytes, as: UTF8.self) == "abcd")
    #expect(order.count == 0)
  }

  @Test func `whatever the order of a thousand answers, they go out in turn`() {
    var generator = SeededGenerator(for: "reply order")
    var order = ReplyOrder()
    var outgoing = ReplyBuffer()
    var open: [(number: UInt64, text: String)] = []
    var expected = ""
    for step in 0..<2_000 {
      if step < 1_000 {
        open.append((order.begin(), "\(step),"))
        expected += "\(step),"
      }
      // About half are answered at once, the others some time later.
      guard step >= 1_000 || Bool.random(using: &generator), !open.isEmpty else { continue }
      let reply = open.remove(at: Int.random(in: open.indices, using: &generator))
      order.answer(reply.number, into: &outgoing) { $0.writeString(reply.text) }
      #expect(expected.hasPrefix(String(decoding: outgoing.bytes, as: UTF8.self)))
    }
    for reply in open { order.answer(reply.number, into: &outgoing) { $0.writeString(reply.text) } }
    #expect(String(decoding: outgoing.bytes, as: UTF8.self) == expected)
    #expect(order.count == 0 && order.keptBytes == 0)
  }
}
