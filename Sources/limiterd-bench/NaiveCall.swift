import Hiredis
import NIOCore
import RedisClient

/// Naive calls, one after the other, each for one limit.
final class NaiveCall: Sendable {
  private let client: RedisClient
  private let number: NIOLoopBoundBox<Int64>

  init(client: RedisClient) {
    self.client = client
    number = NIOLoopBoundBox.makeBoxSendingValue(Int64.random(in: 0..<1 << 40) << 20, eventLoop: client.eventLoop)
  }

  func run(until: NIODeadline) -> EventLoopFuture<Int> {
    let done = client.eventLoop.makePromise(of: Int.self)
    next(until, 0, done)
    return done.futureResult
  }

  private func next(_ until: NIODeadline, _ count: Int, _ done: EventLoopPromise<Int>) {
    guard NIODeadline.now() < until else { return done.succeed(count) }
    number.value += 1
    let promise = client.eventLoop.makePromise(of: Reply.self)
    client.evaluate(
      BenchRunner.naive, keys: ["naive"],
      // A window of 10 ms: a few hundred entries.
      arguments: ["100000000", "10000", CommandArgument(number.value)], deadline: .now() + .seconds(60),
      promise: promise)
    promise.futureResult.whenComplete { result in
      switch result {
      case .success: self.next(until, count + 1, done)
      case .failure(let error): done.fail(error)
      }
    }
  }
}
