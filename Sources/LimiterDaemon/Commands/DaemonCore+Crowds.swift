import Hiredis
import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// WAITERS, and what EXPLAIN tells of other hosts.
extension DaemonCore {
  func waiters(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try ArgumentReader(command).end()
    let keys = DomainKeys(domain: active.value.policy.domain)
    let begin = keys.waiters
    scan({ $0.keys(beginning: begin, most: DaemonBounds.waitedLimits) }) { [self] result in
      switch result {
      case .failure(let error): target.answer(CommandError.translate(error, asked: .view))
      case .success(let found):
        let limits = found.map { String($0.dropFirst(begin.count)) }.sorted().map(LimitID.init(rawValue:))
        look(LookCodec.call(waitersOf: limits, keys: keys), limits, target) { _, crowds in
          target.answer { reply in Self.write(crowds.filter { !$0.waiters.isEmpty }, to: &reply) }
        }
      }
    }
  }

  /// Who waits for windows and slots, and who holds the slots; nobody waits for money.
  func crowds(
    of limits: [EffectiveLimit], _ target: ReplyTarget, _ seen: @escaping (ServerTime, [LimitID: LimitCrowd]) -> Void
  ) {
    let shared = limits.filter { !$0.isBudget }
    let call = LookCodec.call(shared, keys: DomainKeys(domain: active.value.policy.domain))
    look(call, shared.map(\.id), target) { now, crowds in
      seen(now, Dictionary(crowds.map { ($0.limit, $0) }) { first, _ in first })
    }
  }

  private func look(
    _ call: ScriptCall, _ limits: [LimitID], _ target: ReplyTarget,
    _ seen: @escaping (ServerTime, [LimitCrowd]) -> Void
  ) {
    evaluate(store.scripts.look, call) { result in
      do {
        let answer = try LookCodec.answer(try result.get(), for: limits)
        seen(answer.now, answer.crowds)
      } catch { target.answer(CommandError.translate(error, asked: .view)) }
    }
  }

  private static func write(_ crowds: [LimitCrowd], to reply: inout ReplyBuffer) {
    reply.writeRESP(array: crowds.count)
    for crowd in crowds {
      reply.writeRESP(array: 4)
      reply.writeRESP(bulk: "limit")
      reply.writeRESP(bulk: crowd.limit.rawValue)
      reply.writeRESP(bulk: "waiters")
      reply.writeRESP(array: crowd.waiters.count)
      for waiter in crowd.waiters {
        reply.writeRESP(array: 14)
        for (key, value) in [("session", waiter.session), ("who", waiter.who), ("model", waiter.model)] {
          reply.writeRESP(bulk: key)
          reply.writeRESP(bulk: value)
        }
        reply.writeRESP(bulk: "rank")
        reply.writeRESP(waiter.rank)
        reply.writeRESP(bulk: "amount")
        reply.writeRESP(waiter.amount)
        reply.writeRESP(bulk: "start_us")
        reply.writeRESP(waiter.start?.microseconds)
        reply.writeRESP(bulk: "behind")
        reply.writeRESP(array: waiter.followers.count)
        for follower in waiter.followers {
          reply.writeRESP(array: 2)
          reply.writeRESP(follower.rank)
          reply.writeRESP(follower.amount)
        }
      }
    }
  }
}
