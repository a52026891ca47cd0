import Hiredis
import NIOCore
import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct RequestReaderTests {
  @Test func `wherever the bytes are cut, the same words come`() throws {
    var generator = SeededGenerator(for: "requests cut anywhere")
    for _ in 0..<300 {
      let requests = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
        (0..<Int.random(in: 0...8, using: &generator)).map { _ in
          (0..<Int.random(in: 0...40, using: &generator)).map { _ in
            // Often what a careless reader would take for its own.
            Bool.random(using: &generator)
              ? [13, 10, 36, 42, 48].randomElement(using: &generator)!
              : UInt8.random(in: .min ... .max, using: &generator)
          }
        }
      }
      var rest = requests.flatMap(Self.encode)[...]
      var reader = RequestReader(limits: DaemonBounds.request)
      var read: [[[UInt8]]] = []
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...60, using: &generator))
        rest = rest.dropFirst(piece.count)
        try reader.feed(ByteBuffer(bytes: piece))
        while let words = try reader.next() { read.append(words.map(Array.init)) }
      }
      #expect(read == requests)
      #expect(reader.unreadBytes == 0)
    }
  }

  @Test func `words outlive the bytes that came behind them`() throws {
    var reader = RequestReader(limits: DaemonBounds.request)
    try reader.feed(ByteBuffer(string: "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPI"))
    let first = try #require(try reader.next())
    #expect(try reader.next() == nil)
    try reader.feed(ByteBuffer(string: "NG\r\n"))
    let second = try #require(try reader.next())
    #expect(first.map(Array.init) == [Array("GET".utf8), Array("a".utf8)])
    #expect(second.map(Array.init) == [Array("PING".utf8)])
  }

  @Test func `the same request again is told from another one, and from half of it`() throws {
    let request = Self.encode([Array("ACQUIRE".utf8), Array("m".utf8)])
    var reader = RequestReader(limits: DaemonBounds.request)
    try reader.feed(ByteBuffer(bytes: request + request + Self.encode([Array("ACQUIRE".utf8), Array("n".utf8)])))
    _ = try reader.next()
    #expect(reader.lastRequest == request)
    let told = [reader.skip(request), reader.skip(request)]
    #expect(told == [true, false])
    #expect(try reader.next()?.last.map(Array.init) == Array("n".utf8))
    try reader.feed(ByteBuffer(bytes: request.dropLast()))
    let half = reader.skip(request)
    try reader.feed(ByteBuffer(bytes: request.suffix(1)))
    let whole = reader.skip(request)
    #expect(!half && whole)
    #expect(reader.unreadBytes == 0)
  }

  static let broken = [
    "PING\r\n", "+OK\r\n", ":1\r\n", "$4\r\nPING\r\n", "-ERR\r\n", "*1\r\n:1\r\n", "*1\r\n+OK\r\n",
    "*1\r\n*1\r\n$1\r\na\r\n",
    "*1\r\n$-1\r\n", "*1\r\n$-2\r\n", "*-2\r\n", "*01\r\n", "*\r\n", "*x\r\n", "*1\n", "*1\r$", "*1\r\n$1\r\nab\r\n",
    "*1\r\n$1\r\na\n\n", "*1\r\n$1\r\na\r\r", "*129\r\n", "*1\r\n$16385\r\n", "*99999999999999999999\r\n",
    "*1\r\n$9223372036854775807\r\n", "*--1\r\n", "*1 \r\n", "\u{0}", "\r\n",
  ]

  @Test(arguments: broken) func `what is no request is told at once, and for good`(_ bytes: String) throws {
    var reader = RequestReader(limits: DaemonBounds.request)
    try reader.feed(ByteBuffer(bytes: Self.encode([Array("PING".utf8)])))
    try reader.feed(ByteBuffer(string: bytes))
    #expect(try reader.next()?.count == 1)
    let violation = try #require(#expect(throws: RequestViolation.self) { try reader.next() })
    #expect(throws: violation) { try reader.next() }
    #expect(throws: violation) { try reader.feed(ByteBuffer(string: "*0\r\n")) }
    let again = reader.skip([])
    #expect(!again)
  }

  @Test func `what one side sends ahead is bounded`() throws {
    var reader = RequestReader(limits: ReplyLimits(maximumUnconsumedBytes: 10))
    try reader.feed(ByteBuffer(string: "*1\r\n$9\r\n"))
    #expect(try reader.next() == nil)
    #expect(throws: RequestViolation.self) { try reader.feed(ByteBuffer(string: "abc")) }
  }

  static func encode(_ words: [[UInt8]]) -> [UInt8] {
    Array("*\(words.count)\r\n".utf8) + words.flatMap { Array("$\($0.count)\r\n".utf8) + $0 + [13, 10] }
  }
}
