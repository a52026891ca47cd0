import Oracle
import SeededRandom
import TestSupport

@testable import LimiterClient
import LimiterCore

/// Plays one short history: four callers, each with three calls, over several limiters of one domain; the limits are the run's own.
struct HistoryPlayer: Sendable {
  static let callers = 4
  static let callsOfEach = 3
  static let specification = LimiterSpecification(tokens: 100, money: 150, slots: 3)

  /// The limits of the specification, in a policy.
  static var limits: [LimitRule] {
    let rules = [
      TestPolicy.tokens(specification.tokens, per: .seconds(3_600)), TestPolicy.slots(specification.slots),
      TestPolicy.runBudget(specification.money),
    ]
    return rules.map { rule in
      var rule = rule
      rule.scope = [.run]
      return rule
    }
  }

  struct Reached: Sendable {
    var limiter: any LimiterBackend
    var way = HistoryRecorder.Way.whole
  }

  let limiters: [Reached]
  let run: String
  private let recorder = HistoryRecorder()

  init(over limiters: [Reached], run: String) {
    self.limiters = limiters
    self.run = run
  }

  /// The history, which ends when nothing is held any more, with a look at what is charged then.
  func play(seed: UInt64, restsWithin longest: Duration = .seconds(30)) async throws -> HistoryRecorder {
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<Self.callers {
        group.addTask { await call(as: caller, SeededGenerator(seed: seed &+ UInt64(caller) &* 0x51_7cc1)) }
      }
    }
    let onlooker = limiters[0].limiter
    try await eventually("nobody holds anything", within: longest) {
      try await onlooker.usage(of: LimiterClientTests.call(run: run)).allSatisfy { $0.unit != nil || $0.used == 0 }
    }
    await look(onlooker)
    return recorder
  }

  private func call(as caller: Int, _ seeded: SeededGenerator) async {
    var random = seeded
    let mine = limiters[caller % limiters.count]
    var held: [(number: Int, permit: Permit)] = []
    for _ in 0..<Self.callsOfEach {
      let goesAway = Int.random(in: 0..<4, using: &random) == 0
      let patience = goesAway ? Duration.microseconds(Int.random(in: 0...1_500, using: &random)) : nil
      switch Int.random(in: 0..<10, using: &random) {
      case 0: await look(mine.limiter)
      case 1:
        // Somebody else's, or one that is settled already.
        guard let other = recorder.anyPermit(&random) else { continue }
        await end(other, by: mine, goingAwayAfter: patience, &random)
        held.removeAll { $0.number == other.number }
      case 2..<5 where !held.isEmpty:
        await end(held.removeFirst(), by: mine, goingAwayAfter: patience, &random)
      default:
        // Some waits end while they are asked for again.
        let waits = Int.random(in: 0..<4, using: &random) == 0
        let longest = waits ? Duration.microseconds(Int.random(in: 500...20_000, using: &random)) : .zero
        let tokens = Int64.random(in: 10...60, using: &random)
        if let got = await acquire(tokens, from: mine, longest, goingAwayAfter: patience) { held.append(got) }
      }
    }
    for permit in held { await end(permit, by: mine, goingAwayAfter: nil, &random) }
  }

  private func acquire(
    _ tokens: Int64, from reached: Reached, _ longest: Duration, goingAwayAfter patience: Duration?
  ) async -> (number: Int, permit: Permit)? {
    let request = LimiterClientTests.call(tokens: tokens, run: run)
    let began = recorder.now
    let result = await asking(patience) { try await reached.limiter.acquire(request, waitingUpTo: longest) }
    let number = recorder.acquired(.init(tokens: tokens, money: tokens + 4), result, over: reached.way, from: began)
    guard let number, case .success(.granted(let permit)) = result else { return nil }
    return (number, permit)
  }

  private func end(
    _ held: (number: Int, permit: Permit), by reached: Reached, goingAwayAfter patience: Duration?,
    _ random: inout SeededGenerator
  ) async {
    let (permit, limiter) = (held.permit, reached.limiter)
    let used = LimiterSpecification.Amounts(
      tokens: .random(in: 0...30, using: &random), money: .random(in: 0...40, using: &random))
    let kind = Int.random(in: 0..<5, using: &random)
    let began = recorder.now
    let result = await asking(patience) {
      switch kind {
      case 0: try await limiter.cancel(permit)
      case 1: try await limiter.abandon(permit)
      default: try await limiter.settle(permit, Usage(tokens: used.tokens, nanodollars: used.money))
      }
    }
    let ending: LimiterSpecification.Ending =
      switch kind {
      case 0: .used(.init(tokens: 0, money: 0))
      case 1: .abandoned
      default: .used(used)
      }
    recorder.ended(held.number, ending, result, over: reached.way, from: began)
  }

  private func look(_ limiter: any LimiterBackend) async {
    let began = recorder.now
    // A look that fails tells nothing.
    if let statuses = try? await limiter.usage(of: LimiterClientTests.call(run: run)) {
      recorder.read(statuses, from: began)
    }
  }

  /// Asks, and goes away after some time.
  private func asking<Answer: Sendable>(
    _ patience: Duration?, _ body: @escaping @Sendable () async throws -> Answer
  ) async -> Result<Answer, any Error> {
    let task = Task { try await body() }
    if let patience {
      try? await Task.sleep(for: patience)
      task.cancel()
    }
    return await task.result
  }
}
