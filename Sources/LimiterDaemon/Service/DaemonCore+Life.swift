import LimiterConfiguration
import LimiterCore
import LimiterRedis
import NIOCore

/// A new policy, and the end.
extension DaemonCore {
  /// Puts another policy in force: a lowered limit counts from the next decision on, a raised one wakes who waits.
  func apply(_ policy: ActivePolicy) {
    active.value = policy
    alikeGroups = [:]
    counters.reloads += 1
    for call in Array(pending.values) {
      guard let waiter = call.waiter else { continue }
      if let problem = policy.resolver.problem(with: call.arguments.request) {
        engine.withdraw(waiter, failing: CommandError(.malformed, "the policy has changed: \(problem)"))
      } else if call.hold == nil,
        let limit = policy.resolver.limitThatNeedsPermit(call.arguments.request, at: engine.serverNow)
      {
        engine.withdraw(
          waiter, failing: CommandError(.malformed, "the policy has changed: a hold of 0 does not work with \(limit)"))
      }
    }
    engine.refreshNeeds()
  }

  /// No new admissions: who waits is denied, who holds may still settle. The promise is completed when nobody holds anything, or
  /// the time is over.
  func drain(until deadline: NIODeadline, done: EventLoopPromise<Void>) {
    guard phase == .running else { return done.succeed() }
    phase = .draining
    for call in Array(pending.values) {
      if let waiter = call.waiter { engine.withdraw(waiter, failing: Draining()) }
    }
    // Sessions that wait for their workers to come back wait in vain.
    for session in Array(sessions.values) where session.connection == nil { end(session) }
    waitUntilDrained(deadline, done)
  }

  private func waitUntilDrained(_ deadline: NIODeadline, _ done: EventLoopPromise<Void>) {
    let isDone = permits.isEmpty && engine.settlementCount == 0 && !engine.isAsking
    if isDone || eventLoop.now >= deadline || phase == .stopped { return done.succeed() }
    eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) { self.waitUntilDrained(deadline, done) }
  }

  /// Ends what is left: permits end as abandoned with the engine's session.
  func stop(within time: TimeAmount, done: EventLoopPromise<Void>) {
    phase = .stopped
    for call in Array(pending.values) {
      if let waiter = call.waiter { engine.withdraw(waiter, failing: Draining()) }
    }
    engine.stop(failing: EngineStopped(), within: time, promise: done)
  }

  func closeConnections() {
    for connection in Array(connections.values) { connection.closeAfterReplies() }
  }
}
