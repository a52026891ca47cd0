import Testing

@testable import LimiterDaemon

/// The chunks, without any Redis.
@Suite struct AlikeCallsStateTests {
  @Test func `chunks grow while they are granted`() {
    var calls = AlikeCalls<Int>(largest: 4)
    #expect(calls.join(1) == [[1]])
    for number in 2...20 { #expect(calls.join(number).isEmpty) }
    #expect(calls.granted() == [[2, 3]])
    // The largest has room: all at once.
    #expect(calls.granted() == [[4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15], [16, 17, 18, 19], [20]])
    for _ in 0..<4 { #expect(calls.granted().isEmpty) }
    #expect(!calls.isIdle)
    #expect(calls.granted().isEmpty)
    #expect(calls.isIdle)
  }

  @Test func `a denied chunk is asked for one by one, and a denial of one is that of all that came before it`() {
    var calls = AlikeCalls<Int>(largest: 4)
    _ = calls.join(1)
    for number in 2...5 { _ = calls.join(number) }
    #expect(calls.granted() == [[2, 3]])
    var (told, chunks) = calls.denied([2, 3])
    #expect(told.isEmpty)
    #expect(chunks == [[2]])
    #expect(calls.granted() == [[3, 4]])
    (told, chunks) = calls.denied([3, 4])
    #expect(told.isEmpty && chunks == [[3]])
    // After this one was asked for: there may be room again.
    #expect(calls.join(6).isEmpty)
    (told, chunks) = calls.denied([3])
    #expect(told == [3, 4, 5])
    #expect(chunks == [[6]])
    (told, chunks) = calls.denied([6])
    #expect(told == [6] && chunks.isEmpty)
    #expect(calls.isIdle)
  }

  @Test func `without a decision, nobody is left`() {
    var calls = AlikeCalls<Int>()
    _ = calls.join(1)
    _ = calls.join(2)
    #expect(calls.failed([1]) == [1, 2])
    #expect(calls.isIdle)
    #expect(calls.join(3) == [[3]])
  }
}
