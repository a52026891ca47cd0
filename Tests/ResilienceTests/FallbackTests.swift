import Synchronization
import Testing

@testable import Resilience

@Suite struct FallbackTests {
  private func chain(_ names: String..., special: [ErrorClass: [String]] = [:], waits: Duration = .zero) throws
    -> FallbackChain
  {
    try FallbackChain(
      names.enumerated().map { FallbackChain.Model($1, contextWindow: Int64($0 + 1) * 1_000) }, special: special,
      waitsForCooldown: waits)
  }

  /// Models that fail in these ways, again and again; the others answer with their name.
  private func ask(
    _ chain: FallbackChain, failing: [String: CallFailure],
    cooldowns: any Cooldowns = LocalCooldowns(clock: TestClock()),
    ending: FallbackEnding<String> = FallbackEnding(), clock: TestClock = TestClock()
  ) async throws -> (answer: FallbackAnswer<String>, asked: [String]) {
    let asked = Mutex<[String]>([])
    let answer = try await withFallback(chain, cooldowns: cooldowns, ending: ending, clock: clock) { model in
      asked.withLock { $0.append(model) }
      if let failure = failing[model] { throw failure }
      return model
    }
    return (answer, asked.withLock { $0 })
  }

  @Test func theNextModelAnswersAndTheHopsSayWhy() async throws {
    let (answer, asked) = try await ask(try chain("a", "b", "c"), failing: ["a": CallFailure(.overloaded, status: 529)])
    #expect(answer.answer == "b" && answer.source == .model("b"))
    #expect(asked == ["a", "b"])
    #expect(answer.hops.map(\.reason) == [.failed(.overloaded), .answered])
  }

  @Test func aMistakeOfTheCallerEndsTheChainAndNoOldAnswerHidesIt() async throws {
    let asked = Mutex(0)
    let ending = FallbackEnding(cached: { ("old", .seconds(1)) })
    await #expect(throws: ChainFailed.self) {
      try await withFallback(
        try chain("a", "b"), cooldowns: LocalCooldowns(clock: TestClock()), ending: ending, clock: TestClock()
      ) {
        _ -> String in
        asked.withLock { $0 += 1 }
        throw CallFailure(.callerError)
      }
    }
    #expect(asked.withLock { $0 } == 1)
  }

  @Test func aCachedAnswerIsMarkedWithItsAge() async throws {
    let ending = FallbackEnding(cached: { ("old", .seconds(90)) }, fixed: "sorry")
    let dead = CallFailure(.transient)
    let (answer, _) = try await ask(try chain("a", "b"), failing: ["a": dead, "b": dead], ending: ending)
    #expect(answer.answer == "old" && answer.source == .cache(age: .seconds(90)))
    let (other, _) = try await ask(
      try chain("a"), failing: ["a": dead], ending: FallbackEnding<String>(fixed: "sorry"))
    #expect(other.source == .fixed)
    let error = await #expect(throws: ChainFailed.self) {
      _ = try await ask(try chain("a", "b"), failing: ["a": dead, "b": dead])
    }
    #expect(error?.hops.count == 2)
  }

  @Test func aModelInCooldownIsPassedByAndAllOfThemTellWhenTheFirstIsBack() async throws {
    let clock = TestClock()
    let cooldowns = LocalCooldowns(clock: clock)
    let limited = CallFailure(.rateLimited, hint: .seconds(30))
    _ = try await ask(try chain("a", "b"), failing: ["a": limited], cooldowns: cooldowns, clock: clock)
    let (answer, asked) = try await ask(try chain("a", "b"), failing: [:], cooldowns: cooldowns, clock: clock)
    #expect(asked == ["b"])
    #expect(answer.hops.first?.reason == .cooling(.seconds(30), .rateLimited))
    _ = try? await ask(
      try chain("b"), failing: ["b": CallFailure(.rateLimited, hint: .seconds(10))], cooldowns: cooldowns, clock: clock)
    let error = await #expect(throws: ChainFailed.self) {
      _ = try await ask(try chain("a", "b"), failing: [:], cooldowns: cooldowns, clock: clock)
    }
    #expect(error?.retryAfter == .seconds(10))
    #expect(error?.failure == nil)
    // Or it is waited for.
    let (late, _) = try await ask(
      try chain("a", "b", waits: .seconds(15)), failing: [:], cooldowns: cooldowns, clock: clock)
    #expect(late.source == .model("b"))
    #expect(clock.waits.count == 1)
    #expect(
      (Duration.seconds(10)...Duration.seconds(11)).contains(clock.waits[0]),
      "the hint, and some to spread those that wait")
  }

  @Test func aLongRequestGoesToLargerModelsOnly() async throws {
    let long = CallFailure(.contextTooLong)
    let chain = try FallbackChain([
      .init("middle", contextWindow: 8_000), .init("small", contextWindow: 4_000), .init("unknown"),
      .init("large", contextWindow: 100_000),
    ])
    #expect(try await ask(chain, failing: ["middle": long]).asked == ["middle", "large"])
    await #expect(throws: ChainFailed.self) { _ = try await ask(chain, failing: ["middle": long, "large": long]) }
  }

  @Test func aClassCanHaveAChainOfItsOwn() async throws {
    let filtered = CallFailure(.contentPolicy)
    await #expect(throws: ChainFailed.self) { _ = try await ask(try chain("a", "b"), failing: ["a": filtered]) }
    let own = try chain("a", "b", "c", special: [.contentPolicy: ["c"]])
    #expect(try await ask(own, failing: ["a": filtered]).asked == ["a", "c"])
    // Best first, also when they fail for another reason, and are none of the chain.
    let (busy, several) = (CallFailure(.overloaded), try chain("a", "b", special: [.contentPolicy: ["x", "y"]]))
    #expect(try await ask(several, failing: ["a": filtered, "x": busy]).asked == ["a", "x", "y"])
    let turned = try chain("a", "b", "c", special: [.contentPolicy: ["c", "b"]])
    #expect(try await ask(turned, failing: ["a": filtered, "c": busy]).asked == ["a", "c", "b"])
  }

  @Test(arguments: ErrorClass.allCases)
  func `after an answer that was partly seen nobody else is asked`(_ errorClass: ErrorClass) async throws {
    var failure = CallFailure(errorClass)
    failure.isPartlySeen = true
    let failing = ["a": failure]
    let chain = try chain("a", "b", special: [.contentPolicy: ["b"]])
    let ending = FallbackEnding(cached: { ("old", .seconds(1)) })
    let error = await #expect(throws: ChainFailed.self) {
      _ = try await ask(chain, failing: failing, ending: ending)
    }
    #expect(error?.hops.map(\.model) == ["a"])
  }

  @Test func aChainThatLoopsOrIsEmptyIsAnError() throws {
    #expect(throws: FallbackChain.Problem.twice("a")) { try chain("a", "b", "a") }
    #expect(throws: FallbackChain.Problem.empty) { try FallbackChain([]) }
  }

  @Test func cancelledItAsksNoOtherAndGivesTheProbeBack() async throws {
    let clock = TestClock()
    let cooldowns = LocalCooldowns(clock: clock)
    _ = try? await ask(
      try chain("a"), failing: ["a": CallFailure(.overloaded, hint: .seconds(1))], cooldowns: cooldowns, clock: clock)
    clock.advance(by: .seconds(1))
    let began = Mutex(false)
    let chain = try chain("a", "b")
    let task = Task {
      try await withFallback(chain, cooldowns: cooldowns, clock: clock) { model -> String in
        #expect(model == "a")
        began.withLock { $0 = true }
        try await Task.sleep(for: .seconds(3_600))
        return model
      }
    }
    while !began.withLock({ $0 }) { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    guard case .clear(let ticket) = cooldowns.admit("a") else { throw CallFailure(.denied) }
    #expect(ticket.isProbe)
  }
}
