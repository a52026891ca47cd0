import Synchronization
import Testing

@testable import Resilience

@Suite struct RetryTests {
  /// Fails in these ways, then succeeds; how often it was called.
  private func run(
    _ policy: RetryPolicy, _ failures: [CallFailure], clock: TestClock = TestClock(), hooks: RetryHooks = RetryHooks()
  ) async -> (result: Result<String, any Error>, calls: Int, waits: [Duration]) {
    let calls = Mutex(0)
    do {
      let answer = try await withRetry(policy, clock: clock, hooks: hooks, random: { 1 }) { attempt in
        let number = calls.withLock { calls in
          calls += 1
          return calls
        }
        #expect(attempt == number)
        if number <= failures.count { throw failures[number - 1] }
        return "answer"
      }
      return (.success(answer), calls.withLock { $0 }, clock.waits)
    } catch { return (.failure(error), calls.withLock { $0 }, clock.waits) }
  }

  @Test func whatPassesIsTriedAgainWithDoublingWaits() async throws {
    let (result, calls, waits) = await run(RetryPolicy(), [CallFailure(.transient), CallFailure(.transient)])
    #expect(try result.get() == "answer")
    #expect(calls == 3)
    #expect(waits == [.milliseconds(500), .seconds(1)])
  }

  @Test(arguments: ErrorClass.allCases) func theTableSaysWhatIsTriedAgain(_ errorClass: ErrorClass) async {
    let (result, calls, _) = await run(RetryPolicy(), [CallFailure(errorClass)])
    let isRetried = [.rateLimited, .overloaded, .transient, .timeout].contains(errorClass)
    #expect(calls == (isRetried ? 2 : 1))
    if !isRetried {
      #expect(throws: RetriesEnded.self) { try result.get() }
    }
  }

  @Test func anUnknownOutcomeIsTriedOnceAndOnlyIfThatDoesNoHarm() async {
    let twice = [CallFailure(.timeout), CallFailure(.timeout)]
    #expect(await run(RetryPolicy(), twice).calls == 2)
    #expect(await run(RetryPolicy(isIdempotent: false), twice).calls == 1)
  }

  @Test func theProvidersWordGoesBeforeTheClass() async {
    #expect(await run(RetryPolicy(), [CallFailure(.transient, shouldRetry: false)]).calls == 1)
    #expect(await run(RetryPolicy(), [CallFailure(.callerError, shouldRetry: true)]).calls == 2)
    // But a spent quota stays spent.
    #expect(await run(RetryPolicy(), [CallFailure(.quotaExhausted, shouldRetry: true)]).calls == 1)
  }

  @Test func `a hint that no clock can add is a very long one`() async {
    let hint = CallFailure(.rateLimited, hint: .seconds(Int64.max))
    #expect(await run(RetryPolicy(deadline: nil), [hint]).waits == [.longestWait])
  }

  @Test func aHintIsWaitedForIfItFitsTheDeadline() async throws {
    let hint = CallFailure(.rateLimited, hint: .seconds(20))
    #expect(await run(RetryPolicy(), [hint]).waits == [.seconds(21)])
    let (result, calls, waits) = await run(RetryPolicy(deadline: .seconds(21)), [hint])
    #expect(calls == 1 && waits == [])
    let end = #expect(throws: RetriesEnded.self) { try result.get() }
    #expect(end?.reason == .deadline)
    let (other, _, _) = await run(RetryPolicy(longestHint: .seconds(5)), [hint])
    #expect((#expect(throws: RetriesEnded.self) { try other.get() })?.reason == .hintTooLong)
  }

  @Test func theErrorListsAllAttempts() async throws {
    let failures = [
      CallFailure(.overloaded, status: 529), CallFailure(.rateLimited, status: 429),
      CallFailure(.transient, status: 500),
    ]
    let (result, calls, waits) = await run(RetryPolicy(attempts: 3), failures)
    let end = try #require(#expect(throws: RetriesEnded.self) { try result.get() })
    #expect(calls == 3)
    #expect(end.reason == .attemptsSpent)
    #expect(end.attempts.map(\.failure.status) == [529, 429, 500])
    #expect(end.attempts.map(\.wait) == waits.map(Optional.some) + [nil])
    #expect("\(end)".contains("529") && "\(end)".contains("500"))
  }

  @Test func aResultCanBeRejected() async throws {
    let answers = Mutex(["", "", "words"])
    let answer = try await withRetry(
      RetryPolicy(), clock: TestClock(), reject: { $0.isEmpty ? CallFailure(.transient, message: "empty") : nil },
      { _ in answers.withLock { $0.removeFirst() } })
    #expect(answer == "words")
  }

  @Test func theBudgetBoundsTheRetriesOfAll() async {
    let budget = RetryBudget(capacity: 30)
    let policy = RetryPolicy(attempts: 10, budget: budget)
    let many = Array(repeating: CallFailure(.transient), count: 9)
    let (result, calls, _) = await run(policy, many)
    #expect(calls == 3, "two retries at 14 each")
    #expect((#expect(throws: RetriesEnded.self) { try result.get() })?.reason == .budgetSpent)
    #expect(budget.left == 2)
    for _ in 0..<13 { _ = await run(policy, []) }
    #expect(budget.left > 14)
    #expect(await run(policy, [CallFailure(.transient)]).calls == 2)
  }

  /// Sixty-four calls that find a model left alone again and again have asked nobody for anything.
  @Test func whatAnOwnCooldownKeepsBackIsNoCallAndCostsNothing() async {
    var kept = CallFailure(.rateLimited, hint: .milliseconds(1))
    kept.isOwnCooldown = true
    let budget = RetryBudget(capacity: 10)
    let policy = RetryPolicy(attempts: 3, budget: budget)
    let refused = CallFailure(.rateLimited)
    let (result, calls, _) = await run(policy, [kept, refused, kept, refused])
    #expect(throws: Never.self) { try result.get() }
    #expect(calls == 5)
    #expect(budget.left == 5, "two retries at 5 each, and the success gives the last one back")
    // Not for ever, though.
    let (other, _, _) = await run(policy, [kept, kept, kept])
    #expect((#expect(throws: RetriesEnded.self) { try other.get() })?.reason == .attemptsSpent)
  }

  @Test func hooksAreToldInOrder() async {
    let told = Mutex<[String]>([])
    var hooks = RetryHooks()
    hooks.willAttempt = { number in told.withLock { $0.append("attempt \(number)") } }
    hooks.didAttempt = { number, failure in
      told.withLock { $0.append("ended \(number) \(failure?.errorClass.rawValue ?? "well")") }
    }
    hooks.willSleep = { wait, _ in told.withLock { $0.append("sleep \(wait)") } }
    hooks.didGiveUp = { end in told.withLock { $0.append("gave up \(end.reason.rawValue)") } }
    _ = await run(RetryPolicy(attempts: 2), [CallFailure(.transient), CallFailure(.callerError)], hooks: hooks)
    #expect(
      told.withLock { $0 } == [
        "attempt 1", "ended 1 transient", "sleep \(Duration.milliseconds(500))", "attempt 2", "ended 2 callerError",
        "gave up notRetryable",
      ])
  }

  @Test func cancelledInTheMiddleOfAWaitItEndsAtOnceAndCallsNoMore() async {
    let calls = Mutex(0)
    let task = Task {
      try await withRetry(RetryPolicy(deadline: nil), random: { 1 }) { _ -> String in
        calls.withLock { $0 += 1 }
        throw CallFailure(.rateLimited, hint: .seconds(3_600))
      }
    }
    while calls.withLock({ $0 }) == 0 { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(calls.withLock { $0 } == 1)
  }

  @Test func anErrorOfTheCallersIsNotTriedAgain() async {
    struct Mistake: Error {}
    let calls = Mutex(0)
    await #expect(throws: RetriesEnded.self) {
      try await withRetry(RetryPolicy(), clock: TestClock()) { _ -> String in
        calls.withLock { $0 += 1 }
        throw Mistake()
      }
    }
    #expect(calls.withLock { $0 } == 1)
  }
}
