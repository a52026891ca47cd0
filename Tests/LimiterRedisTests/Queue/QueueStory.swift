@testable import LimiterCore
import LimiterRedis

/// Who passes whom, told step by step: random sequences meet some of this once in thousands.
struct QueueStory {
  static let start: Int64 = 1_700_000_000_000_001
  static let length: Int64 = 10_000

  static let tokens = EffectiveLimit(id: LimitID(rule: "tokens"), allowance: .window(amount: 100, length: length))
  static let hourly = EffectiveLimit(id: LimitID(rule: "hourly"), allowance: .window(amount: 100, length: 50 * length))
  /// Longer than a call stands in a queue without having asked again.
  static let slow = EffectiveLimit(id: LimitID(rule: "slow"), allowance: .window(amount: 100, length: 1_000 * length))
  static let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 2))

  /// A call: its rank counts from the start; `waits` as long, in microseconds.
  struct Call {
    var rank: Int64
    var waits: Int64?
    var needs: [(EffectiveLimit, Int64)]

    init(_ rank: Int64, waits: Int64? = nil, _ needs: (EffectiveLimit, Int64)...) {
      self.rank = rank
      self.waits = waits
      self.needs = needs
    }
  }

  private var store = ReferenceStore()
  private var operations: [String: Int64] = [:]
  private(set) var steps: [ModelStep] = []

  init(sessions: [String] = ["a", "b", "c", "z"]) {
    for session in sessions { append(.open(session: session, timeToLive: 1_000_000_000), at: 0) }
  }

  /// A process asks; what it is answered in a word per call: `granted`, `room`, `behind`, `never`.
  @discardableResult
  mutating func ask(_ session: String, at time: Int64, leaving: [(EffectiveLimit, Int64)] = [], _ calls: Call...)
    -> [String]
  {
    operations[session, default: 0] += 1
    var limits: [EffectiveLimit] = []
    let requests = calls.map { call in
      AcquireBatch.Request(
        hold: 1, waitsUntil: call.waits.map { ServerTime(microseconds: Self.start + time + $0) },
        rank: Self.start + call.rank,
        needs: call.needs.map { limit, amount in
          if !limits.contains(limit) { limits.append(limit) }
          return AcquireBatch.Need(limit: limits.firstIndex(of: limit) ?? 0, amount: amount)
        })
    }
    return words(
      append(
        .acquire(
          AcquireBatch(
            session: session, lane: "m", operation: operations[session] ?? 0,
            notAfter: ServerTime(microseconds: Self.start + time + 1_000), limits: limits, requests: requests,
            withdrawn: leaving.map { AcquireBatch.Withdrawal(limit: $0.0.id, rank: Self.start + $0.1) })), at: time))
  }

  /// A copy of what a process has asked before comes late, though in its time.
  mutating func copy(of operation: Int64, _ session: String, at time: Int64) -> [String] {
    for case .acquire(let batch) in steps.map(\.operation)
    where (batch.session, batch.operation) == (session, operation) {
      return words(append(.acquire(batch), at: time))
    }
    return []
  }

  private func words(_ answer: ModelAnswer) -> [String] {
    guard case .acquired(let answer) = answer else { return ["\(answer)"] }
    switch answer {
    case .decided(_, _, _, let decisions):
      return decisions.map { decision in
        switch decision {
        case .granted: "granted"
        case .denied(_, .behind): "behind"
        case .denied(_, .at), .denied(_, .notBefore): "room"
        case .denied(_, .never), .denied(_, .tooLarge): "never"
        }
      }
    case .superseded: return ["superseded"]
    default: return ["\(answer)"]
    }
  }

  mutating func settle(_ session: String, _ permit: String, at time: Int64) {
    let item = SettleBatch.Item(
      session: session, permit: permit, grantedAt: ServerTime(microseconds: Self.start), ending: .settled([nil]))
    append(.settle(SettleBatch(items: [item])), at: time)
  }

  /// An operator takes something away from what is used.
  mutating func correct(_ limit: EffectiveLimit, by amount: Int64, at time: Int64) {
    append(.adjust(limit, amount: amount, operation: "at \(time)"), at: time)
  }

  @discardableResult
  private mutating func append(_ operation: ModelOperation, at time: Int64) -> ModelAnswer {
    let time = ServerTime(microseconds: Self.start + time)
    let step = store.step(operation, at: time)
    steps.append(step)
    return step.expected
  }
}
