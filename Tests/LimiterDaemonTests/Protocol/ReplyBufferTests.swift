import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct ReplyBufferTests {
  @Test(arguments: [0, 1, 9, 10, 99, 100, 101, -1, -10, 1_790_000_000_123_456, .max, .min])
  func `numbers are written in decimal digits`(_ number: Int64) {
    #expect(written(number) == ":\(number)\r\n")
  }

  @Test func `numbers of every length are written as the language writes them`() {
    var generator = SeededGenerator(for: "decimal digits")
    for shift in 0..<63 {
      let number = Int64.random(in: .min ... .max, using: &generator) >> Int64(shift)
      #expect(written(number) == ":\(number)\r\n")
    }
  }

  private func written(_ number: Int64) -> String {
    var reply = ReplyBuffer()
    reply.writeRESP(number)
    return String(decoding: reply.bytes, as: UTF8.self)
  }
}
