import Testing

@testable import FaultTrials

/// Values are counted however their bytes come.
@Suite struct ValueCounterTests {
  private static let stream =
    "+OK\r\n:1\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n$4\r\n\r\n:1\r\n*2\r\n*1\r\n$1\r\nx\r\n-ERR no\r\n*1\r\n$4\r\nPING\r\n"
  private static let values = 9

  @Test func `in one piece, and byte by byte`() {
    var whole = ValueCounter()
    #expect(whole.feed(Self.stream.utf8) == Self.values)
    var bytes = ValueCounter()
    #expect(Self.stream.utf8.reduce(0) { $0 + bytes.feed(CollectionOfOne($1)) } == Self.values)
  }

  @Test func `cut at every byte`() {
    let stream = Array(Self.stream.utf8)
    for cut in 0...stream.count {
      var counter = ValueCounter()
      #expect(counter.feed(stream[..<cut]) + counter.feed(stream[cut...]) == Self.values, "cut at \(cut)")
    }
  }
}
