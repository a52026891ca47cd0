import Hiredis
import LimiterCore
@testable import LimiterRedis
import Logging
import NIOCore
import NIOPosix
import RedisClient
import TestSupport

/// The same operations against a real Redis, whole sequences in one pipeline.
struct RedisModel: Sendable {
  /// Runs the scripts, as the user of `docs/limiterd.acl`.
  let client: RedisClient
  /// Looks at the keys, and may do everything.
  let admin: RedisClient
  let scripts: LimiterScripts
  let keys: DomainKeys

  init(_ redis: ModelRedis, scripts: LimiterScripts, domain: String = uniqueDomain("model")) {
    client = redis.client
    admin = redis.admin
    self.scripts = scripts
    keys = DomainKeys(domain: domain)
  }

  /// Carries out one operation and waits for its answer.
  func perform(_ operation: ModelOperation, at time: Int64) async throws -> ModelAnswer {
    let step = ModelStep(
      time: ServerTime(microseconds: time), operation: operation, expected: .session(alive: false))
    return try await run([step])[0].get()
  }

  /// Carries out all operations in order, without waiting in between.
  func run(_ steps: [ModelStep]) async throws -> [Result<ModelAnswer, any Error>] {
    let loop = client.eventLoop
    let futures = try await loop.submit {
      var clock: ServerTime?
      let futures = steps.map { step in
        if clock != step.time { set(step.time, on: loop) }
        clock = step.time
        return send(step, on: loop)
      }
      return NIOLoopBound(futures, eventLoop: loop)
    }.get()
    return try await loop.flatSubmit {
      EventLoopFuture.whenAllComplete(futures.value, on: loop)
    }.get()
  }

  /// Several sequences in one pipeline, each from an empty domain; `names` are all keys that they can make.
  func run(_ sequences: [[ModelStep]], forgetting names: [String]) async throws -> [[Result<ModelAnswer, any Error>]] {
    let loop = client.eventLoop
    let forget = ["UNLINK"] + names.map { CommandArgument(keys.prefix + $0) }
    let futures = try await loop.submit {
      let futures = sequences.map { steps in
        client.send(forget, deadline: loop.now + .seconds(60), promise: loop.makePromise(of: Reply.self))
        var clock: ServerTime?
        return EventLoopFuture.whenAllComplete(
          steps.map { step in
            if clock != step.time { set(step.time, on: loop) }
            clock = step.time
            return send(step, on: loop)
          }, on: loop)
      }
      return NIOLoopBound(futures, eventLoop: loop)
    }.get()
    return try await loop.flatSubmit { EventLoopFuture.whenAllSucceed(futures.value, on: loop) }.get()
  }

  /// Every key of the domain, in order.
  func allKeys() async throws -> [String] {
    let answer = try await admin.send(["KEYS", CommandArgument(keys.prefix + "*")])
    return (answer.array ?? []).compactMap(\.string).sorted()
  }

  /// Leaves nothing behind for the next sequence.
  func removeAll() async throws {
    let all = try await allKeys()
    if !all.isEmpty { _ = try await admin.send(["UNLINK"] + all.map { CommandArgument($0) }) }
  }

  private func set(_ time: ServerTime, on loop: any EventLoop) {
    client.send(
      [
        "HSET", CommandArgument(keys.prefix + ModelScripts.clockKey), "s",
        CommandArgument(time.microseconds / 1_000_000),
        "us", CommandArgument(time.microseconds % 1_000_000),
      ], deadline: loop.now + .seconds(60), promise: loop.makePromise(of: Reply.self))
  }

  private func send(_ step: ModelStep, on loop: any EventLoop) -> EventLoopFuture<ModelAnswer> {
    func evaluate(_ script: RedisScript, _ call: ScriptCall) -> EventLoopFuture<Reply> {
      let promise = loop.makePromise(of: Reply.self)
      client.evaluate(
        script, keys: call.keys, arguments: call.arguments, deadline: loop.now + .seconds(60), promise: promise)
      return promise.futureResult
    }
    func session(_ verb: SessionCall.Verb, _ id: String, _ timeToLive: Int64) -> EventLoopFuture<ModelAnswer> {
      let call = SessionCodec.call(
        SessionCall(verb, session: id, timeToLive: .microseconds(timeToLive), epoch: "epoch", who: "model"), keys: keys)
      return evaluate(scripts.session, call).flatMapThrowing {
        .session(alive: try SessionCodec.answer($0).status == .done)
      }
    }
    switch step.operation {
    case .open(let id, let timeToLive, 0): return session(.open, id, timeToLive)
    case .open(let id, let timeToLive, let hosts):
      let call = SessionCall(
        .open, session: id, timeToLive: .microseconds(timeToLive), epoch: "epoch", who: "model", hosts: hosts)
      return evaluate(scripts.session, SessionCodec.call(call, keys: keys)).flatMapThrowing {
        .opened(hosts: try SessionCodec.answer($0).hosts)
      }
    case .announce(let batch):
      return evaluate(scripts.announce, AnnounceCodec.call(batch, keys: keys)).flatMapThrowing {
        .announced(try AnnounceCodec.answer($0))
      }
    case .renew(let id, let timeToLive): return session(.renew, id, timeToLive)
    case .close(let id): return session(.close, id, 0)
    case .acquire(let batch):
      return evaluate(scripts.acquire, AcquireCodec.call(batch, keys: keys)).flatMapThrowing {
        .acquired(try AcquireCodec.answer($0, to: batch))
      }
    case .settle(let batch):
      return evaluate(scripts.settle, SettleCodec.call(batch, keys: keys)).flatMapThrowing {
        .settled(try SettleCodec.answer($0, to: batch).outcomes)
      }
    case .inspect(let limits):
      return evaluate(scripts.inspect, InspectCodec.call(limits, keys: keys)).flatMapThrowing {
        .usage(try InspectCodec.answer($0, for: limits).usages)
      }
    case .adjust(let limit, let amount, let operation):
      guard
        let call = AdjustCodec.call(
          limit, by: amount, operation: operation, who: "model", why: "test", now: step.time, keys: keys)
      else { return loop.makeSucceededFuture(.adjusted(nil)) }
      return evaluate(scripts.adjust, call).flatMapThrowing { .adjusted(try AdjustCodec.answer($0)) }
    case .adopt(let permits, let holder):
      return evaluate(scripts.adopt, AdoptCodec.call(permits, by: holder, keys: keys)).flatMapThrowing {
        .adopted(try AdoptCodec.answer($0, to: permits)?.map(\.adoption))
      }
    case .cooldown(let model, let asked):
      return evaluate(scripts.cooldown, CooldownCodec.call(model, asked, keys: keys)).flatMapThrowing {
        .cooldown(try CooldownCodec.answer($0))
      }
    case .cooldowns:
      return evaluate(scripts.cooldown, CooldownCodec.list(keys: keys)).flatMapThrowing {
        .cooldowns(try CooldownCodec.listed($0))
      }
    case .observe(let observations):
      guard let call = ObserveCodec.call(observations, keys: keys) else {
        return loop.makeSucceededFuture(.observed([]))
      }
      return evaluate(scripts.observe, call).flatMapThrowing {
        .observed(try ObserveCodec.answer($0, to: observations))
      }
    case .report(let counts, let alarm):
      return evaluate(scripts.report, ReportCodec.call(counts, alarm: alarm, keys: keys)).flatMapThrowing {
        .report(try ReportCodec.answer($0))
      }
    }
  }
}
