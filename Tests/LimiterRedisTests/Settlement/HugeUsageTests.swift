import LimiterCore
import LimiterRedis
import Testing

/// Usage beyond all that can be counted: it counts as the most, and what leaves the window then is what has come.
@Suite struct HugeUsageTests {
  static let length: Int64 = 10_000
  static let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 100, length: length))
  static let budget = EffectiveLimit(
    id: LimitID(rule: "b"), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 900_000))

  @Test func `no sum drifts, and both stores tell the same`() async throws {
    var store = ReferenceStore()
    var steps: [ModelStep] = []
    var time: Int64 = 1_700_000_000_000_001
    func append(_ operation: ModelOperation) -> ModelAnswer {
      time += 10
      steps.append(store.step(operation, at: ServerTime(microseconds: time)))
      return steps[steps.count - 1].expected
    }
    func acquire(_ number: Int64, _ amounts: [Int64]) -> ModelAnswer {
      append(
        .acquire(
          AcquireBatch(
            session: "s", lane: "m", operation: number, notAfter: ServerTime(microseconds: time + 1_000),
            limits: [Self.window, Self.budget],
            requests: amounts.map { amount in
              AcquireBatch.Request(hold: 1, needs: (0...1).map { AcquireBatch.Need(limit: $0, amount: amount) })
            })))
    }
    _ = append(.open(session: "s", timeToLive: 1_000_000_000))
    let granted = ServerTime(microseconds: time + 10)
    _ = acquire(1, [5, 5, 5])
    for (position, used) in [LimiterBounds.amount - 6, LimiterBounds.amount - 3, 23].enumerated() {
      let item = SettleBatch.Item(
        session: "s", permit: "m.1.\(position + 1)", grantedAt: granted, ending: .settled([used, used]))
      let answer = append(.settle(SettleBatch(windowLengths: [Self.window.keyName: Self.length], items: [item])))
      #expect(answer == .settled([.settled]))
    }
    guard case .usage(let usages) = append(.inspect([Self.window, Self.budget])),
      case .window(let used, _, _) = usages[0]
    else { throw UnexpectedAnswer() }
    #expect(used == LimiterBounds.amount && usages[1] == .budget(spent: LimiterBounds.amount, held: 0))
    // All of it has left: as much as the limit fits, and no more.
    time += 2 * Self.length
    guard case .usage(let later) = append(.inspect([Self.window])), case .window(let rest, _, _) = later[0] else {
      throw UnexpectedAnswer()
    }
    #expect(rest == 0)

    let scripts = ModelScripts.make()
    let difference = try await withModelRedis(scripts) { [steps] in
      try await Differential.difference(steps, RedisModel($0, scripts: scripts))
    }
    #expect(difference == nil, "\(difference ?? "")")
  }
}
