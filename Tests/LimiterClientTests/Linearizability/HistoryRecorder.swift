import Oracle
import Synchronization

@testable import LimiterClient
import LimiterCore

/// What callers asked and were told, with the instants of both, on one clock.
final class HistoryRecorder: Sendable {
  typealias Model = LimiterSpecification

  /// How a limiter is reached.
  enum Way {
    case whole
    /// Connections to Redis are cut. A settlement that is sent again and is `gone` is told as settled to who holds the permit, also
    /// when somebody else was first; and as `gone` to others, also when its first copy has settled it.
    case cutRedis
    /// Connections to limiterd are cut. What was asked over one that is gone is withdrawn, and given back if it was granted meanwhile;
    /// then it is asked again. So a call may be charged for a moment before it is decided.
    case cutLimiterd
  }

  private struct State {
    var calls: [TimedCall<Model.Call>] = []
    var permits: [(number: Int, permit: Permit)] = []
    var lastNumber = 0
    var surprises: [String] = []
  }

  private let state = Mutex(State())
  private let origin = ContinuousClock.now

  var calls: [TimedCall<Model.Call>] { state.withLock { $0.calls } }
  /// Answers that no caller should ever get.
  var surprises: [String] { state.withLock { $0.surprises } }

  var now: Int64 { Int64(origin.duration(to: .now) / .nanoseconds(1)) }

  /// One of the permits that were granted in this history.
  func anyPermit(_ random: inout some RandomNumberGenerator) -> (number: Int, permit: Permit)? {
    let permits = state.withLock { $0.permits }
    return permits.randomElement(using: &random)
  }

  /// Returns the permit's number, when one was granted.
  func acquired(
    _ amounts: Model.Amounts, _ result: Result<Decision, any Error>, over way: Way, from invoked: Int64
  ) -> Int? {
    let answered = now
    return state.withLock { state in
      state.lastNumber += 1
      let number = state.lastNumber
      func add(_ admission: Model.Admission, answered: Int64?) {
        state.calls.append(
          TimedCall(.acquire(permit: number, amounts, admission), invoked: invoked, answered: answered))
      }
      if way == .cutLimiterd { addAttempt(-number, amounts, from: invoked, &state) }
      switch result {
      case .success(.granted(let permit)):
        add(.granted, answered: answered)
        state.permits.append((number, permit))
        return number
      case .success(.denied(let denial)) where denial.reason == .behind: add(.passedOver, answered: answered)
      case .success(.denied(let denial)):
        let limits: [(name: String, limit: Model.Limit)] = [("tokens", .tokens), ("run", .money), ("slots", .slots)]
        let limit = limits.first { denial.limit.rawValue.hasPrefix($0.name) }?.limit
        guard let limit else { break }
        add(.denied(by: limit, used: denial.used), answered: answered)
      case .failure(let error):
        if !Self.leavesOutcomeOpen(error) { state.surprises.append("\(error)") }
        addAttempt(number, amounts, from: invoked, &state)
      }
      return nil
    }
  }

  /// It may have been granted, and be given back by the limiter at any time.
  private func addAttempt(_ number: Int, _ amounts: Model.Amounts, from invoked: Int64, _ state: inout State) {
    let calls: [Model.Call] = [.acquire(permit: number, amounts, .unknown), .takeBack(permit: number)]
    state.calls += calls.map { TimedCall($0, invoked: invoked, answered: nil) }
  }

  func ended(
    _ number: Int, _ ending: Model.Ending, _ result: Result<SettleOutcome, any Error>, over way: Way,
    from invoked: Int64
  ) {
    let answered = now
    state.withLock { state in
      let answer: Model.Settled
      switch result {
      case .success(.settled): answer = way == .whole ? .settled : .settledByAny
      case .success(.settledLate): answer = .late
      case .success(.gone): answer = way == .whole ? .gone : .unknown
      case .success(.refused):
        state.surprises.append("permit \(number) was refused")
        answer = .unknown
      case .failure(let error):
        if !Self.leavesOutcomeOpen(error) { state.surprises.append("\(error)") }
        answer = .unknown
      }
      state.calls.append(
        TimedCall(
          .end(permit: number, ending, answer), invoked: invoked, answered: (try? result.get()) == nil ? nil : answered)
      )
    }
  }

  /// Notes what an onlooker was told, when it is interesting.
  func read(_ statuses: [LimitStatus], from invoked: Int64) {
    let answered = now
    func status(_ name: String) -> LimitStatus? { statuses.first { $0.limit.rawValue.hasPrefix(name) } }
    guard let tokens = status("tokens"), let money = status("run"), let slots = status("slots") else {
      return state.withLock { $0.surprises.append("a limit is missing: \(statuses)") }
    }
    let call = Model.Call.read(tokens: tokens.used, money: money.used, held: money.held, slots: slots.used)
    state.withLock { $0.calls.append(TimedCall(call, invoked: invoked, answered: answered)) }
  }

  private static func leavesOutcomeOpen(_ error: any Error) -> Bool {
    if error is CancellationError { return true }
    guard let error = error as? LimiterError else { return false }
    return [.redisUnavailable, .limiterdUnavailable, .settlementPending].contains(error.code)
  }
}
