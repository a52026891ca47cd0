import Testing

@testable import LimiterDaemon

/// What a session remembers of its answers.
@Suite struct AnswerMemoryTests {
  private static func answer(of bytes: Int) -> ReplyBuffer {
    var reply = ReplyBuffer()
    while reply.count < bytes { reply.writeRESP(1 as Int64) }
    return reply
  }

  @Test func `the oldest are forgotten above the bound of answers`() {
    var memory = AnswerMemory(bound: 3)
    for number in 1...5 { memory.remember("op\(number)", Self.answer(of: 4 * number)) }
    #expect((1...5).map { memory["op\($0)"]?.count } == [nil, nil, 12, 16, 20])
  }

  @Test func `the oldest are forgotten above the bound of bytes, names among them`() {
    var memory = AnswerMemory(byteBound: 100)
    memory.remember("a", Self.answer(of: 48))
    memory.remember("b", Self.answer(of: 48))
    #expect(memory["a"] != nil && memory["b"] != nil)
    // Said again, it counts once.
    for _ in 1...3 { memory.remember("b", Self.answer(of: 48)) }
    #expect(memory["a"] != nil && memory["b"] != nil)
    memory.remember("cdefg", ReplyBuffer())
    #expect(memory["a"] == nil && memory["b"] != nil && memory["cdefg"] != nil)
    memory.remember("h", Self.answer(of: 400))
    #expect(memory["b"] == nil && memory["h"] == nil)
    memory.remember("i", Self.answer(of: 96))
    #expect(memory["i"]?.count == 96)
  }

  @Test func `an answer takes no more memory than it needs`() {
    var memory = AnswerMemory()
    let answer = Self.answer(of: 520)
    memory.remember("a", answer)
    #expect(memory["a"] == answer)
    #expect(answer.bytes.capacity > 600)
    #expect(memory["a"]?.bytes.capacity ?? 0 < 560)
  }
}
