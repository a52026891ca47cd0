import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// PERMITS and QUEUE.
extension DaemonCore {
  func listPermits(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    var ids = Array(permits.keys)
    if !reader.isAtEnd {
      let name = try reader.text("a session's id or name")
      try reader.end()
      ids = (named[ExactName(name)] ?? sessions[name]).map { Array($0.permits) } ?? []
    }
    let listed = ids.sorted().prefix(DaemonBounds.listed).compactMap { permits[$0] }
    let now = engine.now
    target.answer { [self] reply in
      reply.writeRESP(array: listed.count)
      for granted in listed {
        let permit = granted.permit
        reply.writeRESP(array: 12)
        reply.writeRESP(bulk: "permit")
        reply.writeRESP(bulk: permit.id)
        reply.writeRESP(bulk: "session")
        reply.writeRESP(bulk: granted.session.name ?? granted.session.id)
        reply.writeRESP(bulk: "model")
        reply.writeRESP(bulk: permit.model)
        reply.writeRESP(bulk: "granted_at_us")
        reply.writeRESP(permit.grantedAt.microseconds)
        reply.writeRESP(bulk: "valid_for_ms")
        reply.writeRESP(isHeld(granted) ? max(granted.until - now, 0) / 1_000 : 0)
        reply.writeRESP(bulk: "limits")
        reply.writeRESP(array: permit.reservations.count)
        for reservation in permit.reservations {
          reply.writeRESP(array: 2)
          reply.writeRESP(bulk: reservation.limit.rawValue)
          reply.writeRESP(reservation.amount)
        }
      }
    }
  }

  func queue(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    var lane: String?
    if !reader.isAtEnd {
      let model = try reader.text("a model's name")
      try reader.end()
      guard active.value.policy.models[model] != nil else {
        throw CommandError(.malformed, RequestProblem.unknownModel(model).description)
      }
      lane = LimitID.encode(model)
    }
    var calls: [UInt64: PendingAcquire] = [:]
    for call in pending.values { if let waiter = call.waiter { calls[waiter] = call } }
    let waiting = engine.waitingCalls.filter { lane == nil || $0.lane == lane }.flatMap(\.calls)
    let listed = waiting.prefix(DaemonBounds.listed).compactMap { waiter in calls[waiter.id].map { (waiter, $0) } }
    let now = NIODeadline.now()
    target.answer { reply in
      reply.writeRESP(array: listed.count)
      for (waiter, call) in listed {
        let waited = (now - call.since).nanoseconds / 1_000_000
        reply.writeRESP(array: 12)
        reply.writeRESP(bulk: "session")
        reply.writeRESP(optional: call.session.map { $0.name ?? $0.id })
        reply.writeRESP(bulk: "model")
        reply.writeRESP(bulk: call.arguments.request.model)
        reply.writeRESP(bulk: "priority")
        reply.writeRESP(Int64(waiter.priority))
        reply.writeRESP(bulk: "waited_ms")
        reply.writeRESP(waited)
        reply.writeRESP(bulk: "waits_for_ms")
        reply.writeRESP(max(call.arguments.wait - waited, 0))
        reply.writeRESP(bulk: "limit")
        if let limit = waiter.limit { reply.writeRESP(bulk: limit.rawValue) } else { reply.writeRESPNull() }
      }
    }
  }
}
