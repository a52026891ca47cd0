import LimiterCore
import LimiterRedis

/// A call that waits, and nobody else does, from the moment on at which there is room for it.
final class LoneWait {
  /// How long it may take until a waiter that fits is admitted, as `docs/guarantees.md` says.
  static let promise: Int64 = 50_000
  /// What the network may add: a call that is under way is answered, a hint comes, a call and its answer.
  static let way = 5 * Link.usualDelay

  let caller: Caller
  let attempt: Int
  let since: Int64

  init(_ caller: Caller, since: Int64) { (self.caller, attempt, self.since) = (caller, caller.attempt, since) }

  func isOf(_ caller: Caller) -> Bool { self.caller === caller && attempt == caller.attempt }
}

/// I6: who waits alone is admitted within ``LoneWait/promise`` of the moment at which there is room, where nothing goes wrong.
extension World {
  /// Called whenever something is used or freed, leaves a window, or somebody comes or goes.
  func lookAtLoneWaiter() {
    let waiting = waiters.values.filter { $0.host.isOpen }
    guard waiting.count == 1, let caller = waiting.first else {
      loneWait = nil
      return
    }
    let needs = rules.needs(caller.ask, at: redis.now)
    guard needs.allSatisfy({ redis.used($0.limit).all + $0.amount <= $0.limit.amount }) else {
      loneWait = nil
      if let time = timeOfRoom(needs) { lookAgain(in: time) }
      return
    }
    guard loneWait?.isOf(caller) != true else { return }
    let wait = LoneWait(caller, since: timeline.now)
    loneWait = wait
    timeline.schedule(in: LoneWait.promise + LoneWait.way) { [self] in judge(wait) }
  }

  private func lookAgain(in time: Int64) {
    let at = timeline.now + time
    // A look before then asks for the next one.
    guard nextLoneLook <= timeline.now || nextLoneLook > at else { return }
    nextLoneLook = at
    timeline.schedule(in: time) { [self] in lookAtLoneWaiter() }
  }

  private func judge(_ wait: LoneWait) {
    guard isCalm(before: wait.since), lastDeath < wait.since else { return }
    counts.prompt += 1
    guard loneWait === wait, waiters[ObjectIdentifier(wait.caller)] != nil, wait.isOf(wait.caller) else { return }
    problem(
      "I6: a call of \(wait.caller.host.name) waits though it has been alone with room for \(timeline.now - wait.since) us"
    )
  }

  /// Whether nothing has gone wrong since some time before an instant.
  private func isCalm(before instant: Int64) -> Bool {
    let quiet = 2 * rules.answerTime + 4 * Rules.second
    guard instant > quiet, instant - lastDeath > 2 * rules.timeToLive, instant - sessionsCutAt > rules.timeToLive,
      redis.recoversUntil < instant - quiet
    else { return false }
    return hosts.allSatisfy { host in
      host.process.isDead
        || max(host.process.pausedUntil, host.link.calmFrom, host.link.strayUntil) < instant - quiet
          && host.engine.degradation == nil
    }
  }

  /// In how many microseconds all windows will have room, if nobody uses or frees anything; `nil`: they have.
  private func timeOfRoom(_ needs: [LimitNeed]) -> Int64? {
    needs.compactMap { need -> Int64? in
      guard case .window(let amount, let length) = need.limit.allowance else { return nil }
      var excess = redis.account.used(of: need.limit, at: redis.now.microseconds) + need.amount - amount
      for entry in redis.account.sums.windows[need.limit.keyName] ?? [] where excess > 0 {
        excess -= entry.amount
        if excess <= 0 { return entry.at + length - redis.now.microseconds }
      }
      return nil
    }.max().map { max($0, 1) }
  }
}
