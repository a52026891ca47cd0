import Hiredis
import LimiterCore
@testable import LimiterRedis
import RedisClient
import TestSupport
import Testing

/// Somebody else has put something into a key of the limiter.
@Suite struct BadKeyTests {
  static let start: Int64 = 1_700_000_000_000_001
  static let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: 1_000_000))
  static let budget = EffectiveLimit(
    id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 900_000))
  static let slots = EffectiveLimit(id: LimitID(rule: "s"), allowance: .concurrency(permits: 5))
  static let limits = [window, budget, slots]

  /// Every key by its name, and what is put there instead.
  static let names = ["window:w", "window:w:sum", "budget:b:all", "budget:b:all:held", "slots:s", "session:s"]

  @Test(arguments: names)
  func acquireMeetsAKeyOfAnotherType_saysSo_andChangesNothing(_ name: String) async throws {
    try await withState { model in
      let kept = try await replace(name, in: model)
      let before = try await KeyContent.read(model)
      await expectError(.wrongType) { _ = try await model.perform(Self.acquire(2), at: Self.start + 10) }
      let after = try await KeyContent.read(model)
      #expect(before.live(at: Self.start, windows: [:]) == after.live(at: Self.start, windows: [:]))
      try await putBack(name, kept, in: model)
      #expect(try await model.perform(Self.acquire(2), at: Self.start + 20).isGranted)
      try await expectUsage(window: 20, spent: 0, held: 20, slots: 2, model)
    }
  }

  @Test(arguments: names)
  func settleMeetsAKeyOfAnotherType_saysSo_andThePermitIsStillThere(_ name: String) async throws {
    try await withState { model in
      let kept = try await replace(name, in: model)
      await expectError(.wrongType) { _ = try await model.perform(Self.settle(4), at: Self.start + 10) }
      await expectError(.wrongType) { _ = try await model.perform(Self.settle(14), at: Self.start + 12) }
      try await putBack(name, kept, in: model)
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
      #expect(try await model.perform(Self.settle(4), at: Self.start + 20) == .settled([.settled]))
      try await expectUsage(window: 4, spent: 4, held: 0, slots: 0, model)
    }
  }

  @Test(arguments: ["budget:b:all", "budget:b:all:held", "slots:s", "session:s", "unsettled:19675"])
  func theEndOfASessionMeetsAKeyOfAnotherType_andChargesOnceInTheEnd(_ name: String) async throws {
    try await withState { model in
      let kept = try await replace(name, in: model)
      for time in [10, 20] {
        await expectError(.wrongType) {
          _ = try await model.perform(.close(session: "s"), at: Self.start + Int64(time))
        }
      }
      try await putBack(name, kept, in: model)
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
      #expect(try await model.perform(.close(session: "s"), at: Self.start + 30) == .session(alive: true))
      try await expectUsage(window: 10, spent: 10, held: 0, slots: 0, model)
    }
  }

  @Test(arguments: [BadKeyTests.window, BadKeyTests.budget])
  func aCorrectionMeetsAKeyOfAnotherTypeInThePlaceOfItsRecord_andChangesNothing(_ limit: EffectiveLimit) async throws {
    try await withState { model in
      let kept = try await replace("adjustments", in: model)
      for time in [10, 20] {
        await expectError(.wrongType) {
          _ = try await model.perform(
            .adjust(limit, amount: 5, operation: "op"), at: Self.start + Int64(time))
        }
      }
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
      try await putBack("adjustments", kept, in: model)
      let expected = Adjustment(applied: 5, used: limit.isBudget ? 5 : 15, asked: 5)
      for time in [30, 32] {
        let answer = try await model.perform(
          .adjust(limit, amount: 5, operation: "op"), at: Self.start + Int64(time))
        #expect(answer == .adjusted(expected))
      }
    }
  }

  /// What is recorded was done.
  @Test(arguments: ["window:w", "window:w:sum", "budget:b:all"], [Int64(5), -5])
  func `a correction that meets a key of another type leaves no record`(_ name: String, _ amount: Int64) async throws {
    try await withState { model in
      let limit = name.hasPrefix("window") ? Self.window : Self.budget
      let records = CommandArgument(model.keys.prefix + "adjustments")
      let kept = try await replace(name, in: model)
      for time in [10, 20] {
        await expectError(.wrongType) {
          _ = try await model.perform(.adjust(limit, amount: amount, operation: "op"), at: Self.start + Int64(time))
        }
      }
      #expect(try await model.admin.send(["XLEN", records]) == .integer(0))
      try await putBack(name, kept, in: model)
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
      _ = try await model.perform(.adjust(limit, amount: amount, operation: "op"), at: Self.start + 30)
      #expect(try await model.admin.send(["XLEN", records]) == .integer(1))
    }
  }

  @Test(arguments: ["window:w:sum", "budget:b:all", "budget:b:all:held"], ["words", "1.5", "-3", "1e3", ""])
  func aCounterThatIsNoWholeNumberIsAnError(_ name: String, _ text: String) async throws {
    try await withState { model in
      let key = CommandArgument(model.keys.prefix + name)
      let before = try await model.admin.send(["GET", key]).string ?? ""
      _ = try await model.admin.send(["SET", key, CommandArgument(text), "KEEPTTL"])
      for operation in [Self.acquire(2), Self.settle(4), Self.settle(14)] {
        await expectError(nil) { _ = try await model.perform(operation, at: Self.start + 10) }
      }
      _ = try await model.admin.send(["SET", key, CommandArgument(before), "KEEPTTL"])
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
      #expect(try await model.perform(Self.settle(4), at: Self.start + 20) == .settled([.settled]))
      try await expectUsage(window: 4, spent: 4, held: 0, slots: 0, model)
    }
  }

  @Test(
    arguments: ["window:w:sum", "budget:b:all", "budget:b:all:held", "slots:s"], ["words", "1.5", "-3", "1e3", ""])
  func `whoever looks is told the key of a counter that is no number`(_ name: String, _ text: String) async throws {
    try await withState { model in
      let key = model.keys.prefix + name
      let isHash = name.hasPrefix("slots")
      let read: [CommandArgument] = isHash ? ["HGET", CommandArgument(key), "total"] : ["GET", CommandArgument(key)]
      func write(_ value: String) async throws {
        let value = CommandArgument(value)
        _ = try await model.admin.send(
          isHash ? ["HSET", CommandArgument(key), "total", value] : ["SET", CommandArgument(key), value, "KEEPTTL"])
      }
      let before = try await model.admin.send(read).string ?? ""
      try await write(text)
      await expectError(naming: key) { _ = try await model.perform(.inspect(Self.limits), at: Self.start + 10) }
      try await write(before)
      try await expectUsage(window: 10, spent: 0, held: 10, slots: 1, model)
    }
  }

  @Test func `whoever looks is told the key of a session's slots that are no number`() async throws {
    try await withState { model in
      let key = model.keys.prefix + "slots:s"
      _ = try await model.admin.send(["HSET", CommandArgument(key), "s", "words"])
      let call = LookCodec.call([Self.window, Self.slots], keys: model.keys)
      await expectError(naming: key) {
        _ = try await model.client.evaluate(model.scripts.look, keys: call.keys, arguments: call.arguments)
      }
    }
  }

  @Test func argumentsThatAreNoMessageAreAnErrorAndChangeNothing() async throws {
    try await withState { model in
      let before = try await KeyContent.read(model).live(at: Self.start, windows: [:])
      let good = AcquireCodec.call(Self.batch(2), keys: model.keys)
      for text in ["", "garbage", "\u{1}", "[]"] {
        await expectError(nil) {
          _ = try await model.client.evaluate(
            model.scripts.acquire, keys: good.keys, arguments: [good.arguments[0], CommandArgument(text)])
        }
        await expectError(nil) {
          _ = try await model.client.evaluate(
            model.scripts.settle, keys: good.keys, arguments: [CommandArgument(text)])
        }
      }
      await expectError(nil) {
        _ = try await model.client.evaluate(model.scripts.acquire, keys: [], arguments: good.arguments)
      }
      #expect(try await KeyContent.read(model).live(at: Self.start, windows: [:]) == before)
    }
  }

  @Test func theLargestAmountIsCountedExactly() async throws {
    let most = LimiterBounds.amount
    let limits = [
      EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: most, length: 1_000_000)),
      EffectiveLimit(id: LimitID(rule: "b"), allowance: .budget(nanodollars: most, period: .lifetime, keep: 900_000)),
    ]
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      _ = try await model.perform(.open(session: "s", timeToLive: 10_000_000), at: Self.start)
      for (number, amount, isGranted) in [(1, most - 1, true), (2, 2, false), (3, 1, true), (4, 1, false)] {
        let batch = AcquireBatch(
          session: "s", lane: "m", operation: Int64(number), notAfter: ServerTime(microseconds: .max >> 11),
          limits: limits,
          requests: [
            AcquireBatch.Request(hold: 1, needs: [0, 1].map { AcquireBatch.Need(limit: $0, amount: amount) })
          ])
        #expect(try await model.perform(.acquire(batch), at: Self.start).isGranted == isGranted, "\(number)")
      }
      guard case .usage(let usages) = try await model.perform(.inspect(limits), at: Self.start + 10),
        case .window(let used, _, _) = usages[0]
      else { throw UnexpectedAnswer() }
      #expect(used == most)
      #expect(usages[1] == .budget(spent: 0, held: most))
      try await model.removeAll()
    }
  }

  // MARK: - The state: one permit of 10 in every limit

  private func withState(_ body: @Sendable (RedisModel) async throws -> Void) async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      _ = try await model.perform(.open(session: "s", timeToLive: 10_000_000), at: Self.start)
      #expect(try await model.perform(Self.acquire(1), at: Self.start).isGranted)
      try await body(model)
      try await model.removeAll()
    }
  }

  private static func batch(_ number: Int64) -> AcquireBatch {
    AcquireBatch(
      session: "s", lane: "m", operation: number, notAfter: ServerTime(microseconds: start + 1_000_000), limits: limits,
      requests: [
        AcquireBatch.Request(
          hold: 1_000_000, needs: [(0, 10), (1, 10), (2, 1)].map { AcquireBatch.Need(limit: $0.0, amount: $0.1) })
      ])
  }

  private static func acquire(_ number: Int64) -> ModelOperation { .acquire(batch(number)) }

  private static func settle(_ used: Int64) -> ModelOperation {
    .settle(
      SettleBatch(
        windowLengths: [window.keyName: 1_000_000],
        items: [
          SettleBatch.Item(
            session: "s", permit: "m.1.1", grantedAt: ServerTime(microseconds: start),
            ending: .settled([used, used, 1]))
        ]))
  }

  private func replace(_ name: String, in model: RedisModel) async throws -> CommandArgument {
    let (key, kept) = (CommandArgument(model.keys.prefix + name), CommandArgument(model.keys.prefix + "kept"))
    if try await model.admin.send(["EXISTS", key]).int == 1 { _ = try await model.admin.send(["RENAME", key, kept]) }
    // A list is none of the limiter's types.
    _ = try await model.admin.send(["RPUSH", key, "somebody", "else's"])
    return kept
  }

  private func putBack(_ name: String, _ kept: CommandArgument, in model: RedisModel) async throws {
    let key = CommandArgument(model.keys.prefix + name)
    _ = try await model.admin.send(["DEL", key])
    if try await model.admin.send(["EXISTS", kept]).int == 1 { _ = try await model.admin.send(["RENAME", kept, key]) }
  }

  private func expectUsage(window: Int64, spent: Int64, held: Int64, slots: Int64, _ model: RedisModel) async throws {
    guard case .usage(let usages) = try await model.perform(.inspect(Self.limits), at: Self.start + 40),
      case .window(let used, _, _) = usages[0], case .concurrency(let holding, _) = usages[2]
    else { throw UnexpectedAnswer() }
    #expect(used == window)
    #expect(usages[1] == .budget(spent: spent, held: held))
    #expect(holding == slots)
  }

  private func expectError(_ code: RedisError.Code?, _ body: () async throws -> Void) async {
    let error = await #expect(throws: RedisError.self) { try await body() }
    if let code { #expect(error?.code == code, "\(error.map { "\($0)" } ?? "no error")") }
  }

  private func expectError(naming key: String, _ body: () async throws -> Void) async {
    let error = await #expect(throws: (any Error).self) { try await body() }
    let told = error.map { "\($0)" } ?? "no error"
    #expect(told.contains("limiter: a counter is not a whole number: \(key)"), "\(told)")
  }
}

extension ModelAnswer {
  fileprivate var isGranted: Bool {
    guard case .acquired(.decided(_, _, _, let decisions)) = self else { return false }
    return decisions.allSatisfy { $0 == .granted }
  }
}
