import Foundation
import Glibc
import Hiredis
import SeededRandom
import TestSupport
import Testing

@Suite struct HostileStreamTests {
  static let limits = ReplyLimits(
    maximumUnconsumedBytes: 4_096, maximumBulkLength: 1_000, maximumLineLength: 100, maximumElements: 50)

  static let broken: [(stream: String, code: HiredisError.Code)] = [
    ("hello\r\n", .protocolError),
    ("HTTP/1.1 400 Bad Request\r\n", .protocolError),
    ("\r\n", .protocolError),
    ("%1\r\n+a\r\n+b\r\n", .protocolError),
    ("_\r\n", .protocolError),
    (":\r\n", .protocolError),
    (":12x\r\n", .protocolError),
    (":+5\r\n", .protocolError),
    (":007\r\n", .protocolError),
    (":9223372036854775808\r\n", .protocolError),
    (":-9223372036854775809\r\n", .protocolError),
    ("$\r\n", .protocolError),
    ("$-\r\n", .protocolError),
    ("$-2\r\n", .protocolError),
    ("$--1\r\n", .protocolError),
    ("$1-\r\na\r\n", .protocolError),
    ("$ 3\r\nabc\r\n", .protocolError),
    ("$3\r\nabcXY", .protocolError),
    ("$3\r\nabcd\r\n", .protocolError),
    ("$3\r\nab\r\n+OK\r\n", .protocolError),
    ("$03\r\nabc\r\n", .protocolError),
    ("$010\r\nabcdefghij\r\n", .protocolError),
    ("$-0\r\n", .protocolError),
    ("*-01\r\n", .protocolError),
    ("*00\r\n", .protocolError),
    ("$1001\r\n", .tooLarge),
    ("$9223372036854775807\r\n", .tooLarge),
    ("$99999999999999999999999999\r\n", .tooLarge),
    ("*\r\n", .protocolError),
    ("*x\r\n", .protocolError),
    ("*-2\r\n", .protocolError),
    ("*51\r\n", .tooLarge),
    ("*2147483647\r\n", .tooLarge),
    ("*4294967297\r\n", .tooLarge),
    ("*9223372036854775807\r\n", .tooLarge),
    ("*30\r\n*21\r\n", .tooLarge),
    ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", .tooDeep),
    ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*0\r\n", .tooDeep),
    ("*2\r\n:1\r\n!\r\n", .protocolError),
    ("+a\rb\r\n", .protocolError),
    ("+a\nb\r\n", .protocolError),
    ("+" + String(repeating: "a", count: 101), .tooLarge),
    ("-" + String(repeating: "a", count: 101), .tooLarge),
    (":" + String(repeating: "1", count: 101), .tooLarge),
  ]

  @Test(arguments: broken.indices)
  func aBrokenStreamIsAnErrorWhereverItIsCut(_ index: Int) {
    let (text, code) = Self.broken[index]
    let bytes = Array("+before\r\n\(text)".utf8)
    let whole = Outcome(whole: bytes, limits: Self.limits)
    #expect(whole.replies == [.status("before")], "a reply before the broken one is not lost")
    #expect(whole.error?.code == code)
    for cut in 0...bytes.count {
      #expect(Outcome(pieces: [bytes[..<cut], bytes[cut...]], limits: Self.limits) == whole, "cut at \(cut)")
    }
  }

  @Test func everyCallAfterAnErrorThrowsTheSameError() throws {
    var reader = ReplyReader()
    try reader.feed(Array("+OK\r\n?\r\n+OK\r\n".utf8))
    #expect(try reader.next() == .status("OK"))
    let first = error { () throws(HiredisError) in _ = try reader.next() }
    #expect(first?.code == .protocolError)
    for _ in 0..<3 {
      #expect(error { () throws(HiredisError) in try reader.feed(Array("+OK\r\n".utf8)) } == first)
      #expect(error { () throws(HiredisError) in _ = try reader.next() } == first)
    }
    #expect(reader.unconsumedBytes == 0)
  }

  @Test func moreUnreadBytesThanAllowedAreRefused() throws {
    var reader = ReplyReader(limits: ReplyLimits(maximumUnconsumedBytes: 10))
    try reader.feed(Array(":1\r\n:2\r\n".utf8))
    #expect(try reader.next() == .integer(1))
    try reader.feed(Array(":3\r\n".utf8))
    #expect(error { () throws(HiredisError) in try reader.feed(Array(":4\r\n".utf8)) }?.code == .tooLarge)
  }

  @Test func anEndlessArrayOfSmallElementsCannotFillTheMemory() throws {
    // Each element is parsed and gone from the buffer at once, but not from memory.
    var reader = ReplyReader(limits: ReplyLimits(maximumUnconsumedBytes: 1_000))
    try reader.feed(Array("*1000000\r\n".utf8))
    let refused = error { () throws(HiredisError) in
      for _ in 0..<1_000_000 {
        try reader.feed(Array(":1\r\n".utf8))
        _ = try reader.next()
      }
    }
    #expect(refused?.code == .tooLarge)
  }

  @Test func theBoundOnElementsIsForEachReplyByItself() {
    let limits = ReplyLimits(maximumElements: 3)
    let replies = [Reply.array([.array([.null, .null])]), .array([.null, .null, .null])]
    #expect(Outcome("*1\r\n*2\r\n$-1\r\n$-1\r\n*3\r\n$-1\r\n$-1\r\n$-1\r\n", limits: limits).replies == replies)
    #expect(Outcome("*1\r\n*3\r\n$-1\r\n$-1\r\n$-1\r\n", limits: limits).error?.code == .tooLarge)
  }

  @Test func aLimitedNestingIsKept() {
    let flat = ReplyLimits(maximumNesting: 0)
    #expect(Outcome("*2\r\n:1\r\n:2\r\n", limits: flat).replies == [.array([.integer(1), .integer(2)])])
    #expect(Outcome("*1\r\n*0\r\n", limits: flat).error?.code == .tooDeep)
    let deeperThanHiredis = ReplyLimits(maximumNesting: 100)
    #expect(Outcome(String(repeating: "*1\r\n", count: 9), limits: deeperThanHiredis).error?.code == .tooDeep)
  }

  @Test func anErrorSaysNothingOfTheContent() {
    let secret = "sk-very-secret"
    for stream in ["$3\r\n\(secret)\r\n", "*1\r\n\(secret)", ":\(secret)\r\n", "+\(secret)\n"] {
      let error = Outcome(stream).error
      #expect(error != nil)
      #expect(error?.description.contains("secret") == false)
    }
  }

  @Test func announcedSizesAreNotAllocated() async {
    // hiredis allocates an array when its length has come and aborts when that fails: in a process that may grow by little, only a
    // guard in front of it survives.
    await #expect(processExitsWith: .success) {
      try allowThisProcessToGrow(byBytes: 128 << 20)
      for header in ["*2147483647\r\n", "*1048577\r\n", "*1\r\n*1000000000\r\n", "$9000000000000\r\n"] {
        for _ in 0..<100 { #expect(Outcome(header).error?.code == .tooLarge) }
      }
      #expect(Outcome("*1048576\r\n$16777216\r\n").error == nil)
    }
  }

  /// The mutations come from valid streams, so that most of them break deep inside.
  @Test func randomlyBrokenStreamsNeverCrashAndAgreeWithTheReference() {
    var generator = SeededGenerator(for: "mutated streams")
    var ends: [ReferenceParser.Ending: Int] = [:]
    for _ in 0..<20_000 {
      var stream = (0..<Int.random(in: 1...4, using: &generator)).flatMap { _ in
        serialized(randomReply(using: &generator))
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) { mutate(&stream, using: &generator) }
      let expected = ReferenceParser.parse(stream)
      let outcome = Outcome(pieces: cut(stream, using: &generator))
      ends[expected.ending, default: 0] += 1
      guard outcome.replies == expected.replies, (outcome.error != nil) == (expected.ending == .broken) else {
        Issue.record("\(String(reflecting: String(decoding: stream, as: UTF8.self))): \(outcome), expected \(expected)")
        return
      }
    }
    #expect(ends.values.allSatisfy { $0 > 1_000 } && ends.count == 3, "every kind of ending is met often: \(ends)")
  }

  private final class Box { var reader = ReplyReader() }

  private func error(_ body: () throws(HiredisError) -> Void) -> HiredisError? {
    do throws(HiredisError) {
      try body()
      return nil
    } catch {
      return error
    }
  }
}

/// An address space of what is mapped now and a little more.
private func allowThisProcessToGrow(byBytes bytes: Int) throws {
  let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
  let mapped = (pages.first.flatMap { Int($0) } ?? 0) * 4_096
  var limit = rlimit(rlim_cur: rlim_t(mapped + bytes), rlim_max: rlim_t(mapped + bytes))
  try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
}

func mutate(_ stream: inout [UInt8], using generator: inout some RandomNumberGenerator) {
  let interesting = Array("+-:$*\r\n0123456789 x\0".utf8)
  let place = stream.isEmpty ? 0 : Int.random(in: 0..<stream.count, using: &generator)
  switch Int.random(in: 0..<6, using: &generator) {
  case 0 where !stream.isEmpty: stream[place] = interesting.randomElement(using: &generator) ?? 0
  case 1 where !stream.isEmpty: stream[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
  case 2: stream.insert(interesting.randomElement(using: &generator) ?? 0, at: place)
  case 3 where !stream.isEmpty: stream.remove(at: place)
  case 4: stream.removeSubrange(place...)
  default: stream.insert(contentsOf: randomBytes(upTo: 6, using: &generator), at: place)
  }
}
