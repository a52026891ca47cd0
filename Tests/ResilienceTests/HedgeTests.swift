import Synchronization
import Testing

@testable import Resilience

/// The delay is over when the test says so, and a call ends when the test says so: nothing waits for time.
@Suite struct HedgeTests {
  private struct Failed: Error, Equatable { var number: Int }

  /// Calls by number, from 1.
  private final class Calls: Sendable {
    private struct State {
      var ends: [Int: AsyncStream<Bool>.Continuation] = [:]
      var cancelled: Set<Int> = []
    }
    private let state = Mutex(State())

    var begun: Int { state.withLock { $0.ends.count } }
    var cancelled: Set<Int> { state.withLock { $0.cancelled } }

    func make() async throws -> Int {
      let (stream, continuation) = AsyncStream.makeStream(of: Bool.self)
      let number = state.withLock { state in
        state.ends[state.ends.count + 1] = continuation
        return state.ends.count
      }
      for await isGood in stream {
        guard isGood else { throw Failed(number: number) }
        return number
      }
      state.withLock { _ = $0.cancelled.insert(number) }
      throw CancellationError()
    }

    func end(_ number: Int, well isGood: Bool) async {
      while begun < number { await Task.yield() }
      state.withLock { _ = $0.ends[number]?.yield(isGood) }
    }
  }

  /// A clock whose only wait ends by hand.
  private final class DelayClock: Clock {
    typealias Instant = ContinuousClock.Instant
    typealias Duration = Swift.Duration
    private let delays = AsyncStream.makeStream(of: Void.self)
    let now = ContinuousClock.now
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
      for await _ in delays.stream { return }
      throw CancellationError()
    }

    func pass() { delays.continuation.yield() }
  }

  private let calls = Calls()
  private let clock = DelayClock()

  private func hedged() async throws -> Int {
    try await withHedge(after: .seconds(1), clock: clock) { [calls] in try await calls.make() }
  }

  @Test func aCallThatAnswersSoonIsMadeOnce() async throws {
    let result = Task { try await hedged() }
    await calls.end(1, well: true)
    #expect(try await result.value == 1)
    #expect(calls.begun == 1)
  }

  @Test func aSlowOneIsMadeAgainAndTheFirstResultCounts() async throws {
    let result = Task { try await hedged() }
    clock.pass()
    await calls.end(2, well: true)
    #expect(try await result.value == 2)
    #expect(calls.begun == 2 && calls.cancelled == [1])
  }

  @Test func whatFailsSoonIsNotMadeAgainHere() async throws {
    let result = Task { try await hedged() }
    await calls.end(1, well: false)
    await #expect(throws: Failed(number: 1)) { try await result.value }
    #expect(calls.begun == 1)
  }

  @Test(arguments: [(1, 2), (2, 1)])
  func whenOneFailsTheOtherIsWaitedFor(_ failing: Int, _ good: Int) async throws {
    let result = Task { try await hedged() }
    clock.pass()
    while calls.begun < 2 { await Task.yield() }
    await calls.end(failing, well: false)
    await calls.end(good, well: true)
    #expect(try await result.value == good)
  }

  @Test func whenBothFailTheFirstFailureIsTold() async throws {
    let result = Task { try await hedged() }
    clock.pass()
    await calls.end(2, well: false)
    await calls.end(1, well: false)
    await #expect(throws: Failed.self) { try await result.value }
  }

  @Test(arguments: [Duration.seconds(Int64.max), Duration.seconds(Int64.max) * 2])
  func `a delay that no clock can add is a very long one`(_ delay: Duration) async throws {
    let result = try await withHedge(after: delay) {
      // So that the delay has begun.
      try await Task.sleep(for: .milliseconds(50))
      return 1
    }
    #expect(result == 1)
  }

  @Test func cancelledItEndsBoth() async throws {
    let task = Task { try await hedged() }
    clock.pass()
    while calls.begun < 2 { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(calls.cancelled == [1, 2])
  }
}
