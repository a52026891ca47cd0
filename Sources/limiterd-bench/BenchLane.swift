import Hiredis
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// One lane: a batch in flight, settled when it is answered, then the next.
final class BenchLane: Sendable {
  private struct State {
    var operation: Int64 = 0
    var count = 0
  }

  private let name: String
  private let workload: Workload
  private let keys: DomainKeys
  private let client: RedisClient
  private let state: NIOLoopBoundBox<State>
  private let limits: [EffectiveLimit]
  private let requests: [AcquireBatch.Request]

  init(name: String, workload: Workload, keys: DomainKeys, client: RedisClient) {
    self.name = name
    self.workload = workload
    self.keys = keys
    self.client = client
    (limits, requests) = workload.requests()
    state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: client.eventLoop)
  }

  /// Runs until an instant; the future tells how many decisions were made.
  func run(until: NIODeadline) -> EventLoopFuture<Int> {
    state.value.count = 0
    let done = client.eventLoop.makePromise(of: Int.self)
    acquire(until, done)
    return done.futureResult
  }

  private func acquire(_ until: NIODeadline, _ done: EventLoopPromise<Int>) {
    guard NIODeadline.now() < until else { return done.succeed(state.value.count) }
    state.value.operation += 1
    let batch = AcquireBatch(
      session: "bench", lane: name, operation: state.value.operation,
      notAfter: ServerTime(microseconds: LimiterBounds.amount), limits: limits, requests: requests)
    let call = AcquireCodec.call(batch, keys: keys)
    let promise = client.eventLoop.makePromise(of: Reply.self)
    client.evaluate(
      BenchRunner.scripts.acquire, keys: call.keys, arguments: call.arguments, deadline: .now() + .seconds(60),
      promise: promise)
    promise.futureResult.whenComplete { result in
      do {
        let answer = try AcquireCodec.answer(try result.get(), to: batch)
        guard case .decided(let now, _, _, let decisions) = answer, decisions.allSatisfy({ $0 == .granted }) else {
          throw BenchError(what: "expected that everything is admitted, got \(answer)")
        }
        self.state.value.count += decisions.count
        if self.workload.isSettled {
          self.settle(batch, now, until, done)
        } else {
          self.acquire(until, done)
        }
      } catch {
        done.fail(error)
      }
    }
  }

  private func settle(_ batch: AcquireBatch, _ now: ServerTime, _ until: NIODeadline, _ done: EventLoopPromise<Int>) {
    let items = batch.requests.indices.map { position in
      SettleBatch.Item(
        session: batch.session, permit: batch.permitName(at: position), grantedAt: now,
        // Tokens and money are less than reserved, as they are in life.
        ending: .settled(batch.requests[position].needs.count == 1 ? [0] : [1_200, 1, 5_000_000, 5_000_000, nil]))
    }
    let settlement = SettleBatch(items: items)
    let call = SettleCodec.call(settlement, keys: keys)
    let promise = client.eventLoop.makePromise(of: Reply.self)
    client.evaluate(
      BenchRunner.scripts.settle, keys: call.keys, arguments: call.arguments, deadline: .now() + .seconds(60),
      promise: promise)
    promise.futureResult.whenComplete { result in
      do {
        let outcomes = try SettleCodec.answer(try result.get(), to: settlement).outcomes
        guard let outcomes, outcomes.allSatisfy({ $0 == .settled }) else {
          throw BenchError(what: "expected that everything is settled, got \(outcomes ?? [])")
        }
        self.acquire(until, done)
      } catch {
        done.fail(error)
      }
    }
  }
}

/// Something that must not happen in a measurement.
struct BenchError: Error {
  var what: String
}
