import Hiredis
import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// PEEK, EXPLAIN and LIMITS: what is used, without changing anything. One script call each, EXPLAIN two; one more before the session in Redis is open.
extension DaemonCore {
  func peek(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try look(at: try AcquireArguments(command), target) { [self] view in
      let isRunning = phase == .running
      target.answer { reply in
        reply.writeRESP(array: 4)
        reply.writeRESP(bulk: "admitted")
        reply.writeRESP(isRunning && view.allSatisfy(\.isAdmitted))
        reply.writeRESP(bulk: "limits")
        reply.writeRESP(array: view.count)
        for limit in view { limit.write(to: &reply, isFull: false) }
      }
    }
  }

  func explain(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let arguments = try AcquireArguments(command)
    try look(at: arguments, target) { [self] view in
      crowds(of: view.map(\.need.limit), target) { [self] now, crowds in
        let time = ServerTime(microseconds: now.microseconds + place(of: arguments.request))
        let view = view.map { limit in
          guard let crowd = crowds[limit.need.limit.id] else { return limit }
          var limit = limit
          limit.ahead.add(crowd.ahead(ofPriority: arguments.request.priority, at: time, but: engine.sessionID))
          limit.hosts = crowd.holders
          return limit
        }
        let denial = Denial.atOnce(view.map(\.need), view.map(\.usage), at: now)
        target.answer { reply in
          reply.writeRESP(array: 6)
          reply.writeRESP(bulk: "would_wait")
          reply.writeRESP(denial == nil && !view.allSatisfy(\.isAdmitted))
          reply.writeRESP(bulk: "limits")
          reply.writeRESP(array: view.count)
          for limit in view { limit.write(to: &reply, isFull: true) }
          // Last, where a terminal shows it.
          reply.writeRESP(bulk: "denial")
          guard let denial else { return reply.writeRESPNull() }
          DenialReply(denial, position: 0, wantsDetails: true).write(to: &reply)
        }
      }
    }
  }

  private func look(
    at arguments: AcquireArguments, _ target: ReplyTarget,
    _ seen: @escaping ([LimitView]) -> Void
  ) throws(CommandError) {
    _ = try check(arguments)
    let policy = active.value
    withServerTime(target) { [self] now in
      let needs = policy.resolver.resolve(arguments.request, at: now)
      inspect(needs.map(\.limit), target) { [self] answer in
        let place = place(of: arguments.request)
        let view = zip(needs, answer.usages).map { need, usage in
          LimitView(
            need: need, usage: usage, now: answer.now, facts: policy.facts(of: need.limit.id),
            ahead: engine.waiting(
              on: need.limit.id, aheadOf: arguments.request.priority, from: place, lookingAt: DaemonBounds.queueWalk),
            holders: holders(of: need.limit))
        }
        seen(view)
      }
    }
  }

  /// When it would stand in the order of the queues, from now on.
  private func place(of request: AdmissionRequest) -> Int64 {
    engine.place(
      inLane: LimitID.encode(request.model), of: active.value.resolver.share(of: request), priority: request.priority)
  }

  /// Who of this daemon's sessions holds slots, most first.
  private func holders(of limit: EffectiveLimit) -> [(session: String, count: Int)] {
    guard limit.isConcurrency else { return [] }
    var counts: [String: (session: String, count: Int)] = [:]
    for granted in permits.values where granted.permit.slots.contains(limit.id) {
      let session = granted.session
      counts[session.id, default: (session.name ?? session.id, 0)].count += 1
    }
    return counts.values.sorted { ($1.count, $0.session) < ($0.count, $1.session) }
  }

  func limits(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    var model: String?
    let policy = active.value.policy
    if !reader.isAtEnd {
      let name = try reader.text("a model's name")
      try reader.end()
      guard policy.models[name] != nil else {
        throw CommandError(.malformed, RequestProblem.unknownModel(name).description)
      }
      model = name
    }
    let rules = policy.limits.filter { rule in
      guard let model else { return true }
      return rule.models?.contains(model) ?? true
    }
    withServerTime(target) { [self] now in
      // What is counted once for the domain can be told without a call; of others only the rule.
      let counted = rules.map { active.value.effectiveLimit(of: $0, model: model, at: now) }
      inspect(counted.compactMap { $0 }, target) { answer in
        var usages = answer.usages[...]
        let view = zip(rules, counted).map { rule, limit in
          RuleView(rule: rule, limit: limit, usage: limit.flatMap { _ in usages.popFirst() })
        }
        target.answer { reply in
          reply.writeRESP(array: view.count)
          for rule in view { rule.write(to: &reply) }
        }
      }
    }
  }

  /// Asks Redis what is used.
  private func inspect(
    _ limits: [EffectiveLimit], _ target: ReplyTarget, _ answered: @escaping (InspectCodec.Answer) -> Void
  ) {
    usages(of: limits, within: TimeAmount(settings.patience)) { result in
      do { answered(try result.get()) } catch { target.answer(CommandError.translate(error, asked: .view)) }
    }
  }

  /// Asks Redis what is used, for as long as it may take.
  func usages(
    of limits: [EffectiveLimit], within time: TimeAmount,
    _ answered: @escaping (Result<InspectCodec.Answer, any Error>) -> Void
  ) {
    let call = InspectCodec.call(limits, keys: DomainKeys(domain: active.value.policy.domain))
    evaluate(store.scripts.inspect, call, within: time) { result in
      answered(Result { try InspectCodec.answer(try result.get(), for: limits) })
    }
  }

  /// The server's time, which tells a budget's period; it is not known before the engine's session is open.
  func withServerTime(_ body: @escaping (Result<ServerTime, any Error>) -> Void) {
    if let now = engine.knownServerNow { return body(.success(now)) }
    usages(of: [], within: TimeAmount(settings.patience)) { body($0.map(\.now)) }
  }

  private func withServerTime(_ target: ReplyTarget, _ body: @escaping (ServerTime) -> Void) {
    withServerTime { result in
      do { body(try result.get()) } catch { target.answer(CommandError.translate(error, asked: .view)) }
    }
  }
}
