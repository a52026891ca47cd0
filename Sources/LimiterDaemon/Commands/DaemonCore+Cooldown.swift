import Hiredis
import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// COOLDOWN and COOLDOWNS: models that all workers leave alone. One script call each.
extension DaemonCore {
  func cooldown(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let arguments = try CooldownArguments(command)
    let policy = active.value.policy
    guard policy.models[arguments.model] != nil else {
      throw CommandError(.malformed, RequestProblem.unknownModel(arguments.model).description)
    }
    let call = CooldownCodec.call(arguments.model, arguments.asked, keys: DomainKeys(domain: policy.domain))
    ask(call, target, arguments.asked) { [self] reply in
      let state = try CooldownCodec.answer(reply)
      if case .open(let opening) = arguments.asked { metrics.cooled(ReasonWords.failure(opening.reason)) }
      return { buffer in
        buffer.writeRESP(array: 12)
        state.write(to: &buffer)
      }
    }
  }

  func cooldowns(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try ArgumentReader(command).end()
    ask(CooldownCodec.list(keys: DomainKeys(domain: active.value.policy.domain)), target, .look) { reply in
      let listed = try CooldownCodec.listed(reply)
      return { buffer in
        buffer.writeRESP(array: listed.count)
        for cooldown in listed {
          buffer.writeRESP(array: 14)
          buffer.writeRESP(bulk: "model")
          buffer.writeRESP(bulk: cooldown.model)
          cooldown.state.write(to: &buffer)
        }
      }
    }
  }

  private func ask(
    _ call: ScriptCall, _ target: ReplyTarget, _ asked: CooldownCall,
    _ read: @escaping (Reply) throws -> (inout ReplyBuffer) -> Void
  ) {
    evaluate(store.scripts.cooldown, call) { result in
      do { target.answer(try read(try result.get())) } catch {
        target.answer(CommandError.translate(error, asked: asked == .look ? .view : .change, counts: asked.isTurn))
      }
    }
  }
}

extension CooldownState {
  fileprivate func write(to reply: inout ReplyBuffer) {
    reply.writeRESP(bulk: "admission")
    switch admission {
    case .clear: reply.writeRESP(bulk: "clear")
    case .probe: reply.writeRESP(bulk: "probe")
    case .cooling: reply.writeRESP(bulk: "cooling")
    }
    reply.writeRESP(bulk: "generation")
    reply.writeRESP(generation)
    reply.writeRESP(bulk: "left_us")
    reply.writeRESP(left)
    reply.writeRESP(bulk: "reason")
    reply.writeRESP(bulk: reason)
    reply.writeRESP(bulk: "opened")
    reply.writeRESP(opened)
    reply.writeRESP(bulk: "since_us")
    reply.writeRESP(since.microseconds)
  }
}
