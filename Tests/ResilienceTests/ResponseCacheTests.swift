import Testing

@testable import Resilience

@Suite struct ResponseCacheTests {
  @Test func anAnswerComesWithItsAge() {
    let clock = TestClock()
    let cache = ResponseCache<String, TestClock>(clock: clock)
    cache.store("answer", bytes: 6, for: "question")
    clock.advance(by: .seconds(90))
    #expect(cache.answer(to: "question")?.answer == "answer")
    #expect(cache.answer(to: "question")?.age == .seconds(90))
    #expect(cache.answer(to: "another") == nil)
    cache.store("newer", bytes: 5, for: "question")
    #expect(cache.answer(to: "question")?.age == .zero)
    #expect(cache.entries == 1)
  }

  @Test func theLeastRecentlyUsedLeaveFirst() {
    let cache = ResponseCache<Int, TestClock>(count: 3, clock: TestClock())
    for number in 0..<3 { cache.store(number, bytes: 1, for: "\(number)") }
    _ = cache.answer(to: "0")
    cache.store(3, bytes: 1, for: "3")
    #expect(cache.answer(to: "1") == nil)
    #expect(cache.answer(to: "0")?.answer == 0)
    #expect(cache.entries == 3)
  }

  @Test func bytesAreBoundedAndWhatIsTooLargeIsNotKept() {
    let cache = ResponseCache<Int, TestClock>(bytes: 10, clock: TestClock())
    for number in 0..<100 { cache.store(number, bytes: 4, for: "\(number)") }
    #expect(cache.entries == 2)
    cache.store(0, bytes: 11, for: "99")
    #expect(cache.answer(to: "99") == nil)
    #expect(cache.entries == 1)
    #expect(ResponseCache<Int, TestClock>(count: 0, clock: TestClock()).entries == 0)
  }
}
