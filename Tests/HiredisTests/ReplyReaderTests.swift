import Hiredis
import SeededRandom
import TestSupport
import Testing

@Suite struct ReplyReaderTests {
  static let corpus: [(text: String, replies: [Reply])] = [
    ("+OK\r\n", [.status("OK")]),
    ("+\r\n", [.status("")]),
    ("-ERR unknown command\r\n", [.error("ERR unknown command")]),
    (":0\r\n:-1\r\n", [.integer(0), .integer(-1)]),
    (":9223372036854775807\r\n:-9223372036854775808\r\n", [.integer(.max), .integer(.min)]),
    ("$0\r\n\r\n", [.bulk([])]),
    ("$6\r\na\r\nb\r\n\r\n", [.bulk(Array("a\r\nb\r\n".utf8))]),
    ("$-1\r\n*-1\r\n", [.null, .null]),
    ("*0\r\n", [.array([])]),
    (
      "*3\r\n:1\r\n$1\r\nx\r\n*2\r\n*0\r\n-ERR in EXEC\r\n",
      [.array([.integer(1), .bulk([120]), .array([.array([]), .error("ERR in EXEC")])])]
    ),
    ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", [nested(8, .integer(7))]),
    ("*2\r\n*-1\r\n$-1\r\n+next\r\n", [.array([.null, .null]), .status("next")]),
  ]

  static func nested(_ arrays: Int, _ innermost: Reply) -> Reply {
    (0..<arrays).reduce(innermost) { reply, _ in .array([reply]) }
  }

  @Test(arguments: corpus.indices)
  func repliesAreTheSameHoweverTheStreamIsCut(_ index: Int) {
    let (text, replies) = Self.corpus[index]
    let bytes = Array(text.utf8)
    #expect(Outcome(whole: bytes).replies == replies)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let outcome = Outcome(pieces: [bytes[..<first], bytes[first..<second], bytes[second...]])
        #expect(outcome.error == nil)
        #expect(outcome.replies == replies, "cut at \(first) and \(second)")
      }
    }
    #expect(Outcome(pieces: bytes.indices.map { bytes[$0...$0] }).replies == replies, "byte by byte")
  }

  @Test func manyRepliesInOneFeedComeOutInOrder() throws {
    var reader = ReplyReader()
    let count: Int64 = 50_000
    try reader.feed((0..<count).flatMap { Array(":\($0)\r\n".utf8) })
    for number in 0..<count { #expect(try reader.next() == .integer(number)) }
    #expect(try reader.next() == nil)
    #expect(reader.unconsumedBytes == 0)
  }

  @Test func aLargeBulkStringAmongSmallReplies() throws {
    let large = [UInt8](repeating: 7, count: 3_000_001)
    let stream = serialized(.integer(1)) + serialized(.bulk(large)) + serialized(.status("OK"))
    let expected: [Reply] = [.integer(1), .bulk(large), .status("OK")]
    #expect(Outcome(whole: stream).replies == expected)
    let pieces = stride(from: 0, to: stream.count, by: 10_000).map { stream[$0..<min($0 + 10_000, stream.count)] }
    #expect(Outcome(pieces: pieces).replies == expected)
  }

  @Test func unconsumedBytesAreThoseOfRepliesNotReturnedYet() throws {
    var reader = ReplyReader()
    #expect(reader.unconsumedBytes == 0)
    try reader.feed(Array("*2\r\n:1\r\n".utf8))
    #expect(reader.unconsumedBytes == 8)
    #expect(try reader.next() == nil)
    #expect(reader.unconsumedBytes == 8, "parsed, but not returned")
    try reader.feed(Array(":2\r\n+a".utf8))
    #expect(try reader.next() == .array([.integer(1), .integer(2)]))
    #expect(reader.unconsumedBytes == 2)
  }

  @Test func randomRepliesComeBackAsTheyWereWritten() {
    var generator = SeededGenerator(for: "random replies")
    for _ in 0..<2_000 {
      let replies = (0..<Int.random(in: 1...6, using: &generator)).map { _ in randomReply(using: &generator) }
      let stream = replies.flatMap(serialized)
      let outcome = Outcome(pieces: cut(stream, using: &generator))
      #expect(outcome.error == nil)
      #expect(outcome.replies == replies)
    }
  }

  @Test func accessorsReadTheKindsThatTheyAreFor() {
    #expect(Reply.status("OK").string == "OK")
    #expect(Reply.bulk([104, 105]).string == "hi")
    #expect(Reply.error("ERR").string == nil)
    #expect(Reply.error("ERR x").errorMessage == "ERR x")
    #expect(Reply.integer(5).int == 5)
    #expect(Reply.bulk(Array("-12".utf8)).int == -12)
    #expect(Reply.bulk(Array("1.5".utf8)).int == nil)
    #expect(Reply.status("5").int == nil)
    #expect(Reply.array([.null]).array == [.null])
    #expect(Reply.null.array == nil && Reply.null.isNull && !Reply.integer(0).isNull)
  }
}
