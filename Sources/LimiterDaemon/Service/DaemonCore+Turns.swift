import Hiredis
import LimiterRedis
import NIOCore
import RedisClient

/// What clients ask Redis through this daemon: see ``RedisTurns``.
extension DaemonCore {
  /// Runs something that sends so many commands to Redis, when it is its turn; it says when all are answered.
  func inTurn(cost: Int = 1, _ run: @escaping (_ done: @escaping () -> Void) -> Void) {
    turns.append(cost: cost) { [self] in
      run { [self] in
        turns.done(cost: cost)
        beginTurns()
      }
    }
    beginTurns()
  }

  private func beginTurns() {
    while let run = turns.next() { run() }
  }

  /// A script call for a client, for as long as it may take once it is sent.
  func evaluate(
    _ script: RedisScript, _ call: ScriptCall, within time: TimeAmount? = nil,
    _ answered: @escaping (Result<Reply, any Error>) -> Void
  ) {
    inTurn { [self] done in
      store.evaluate(script, call, deadline: .now() + (time ?? TimeAmount(settings.patience))) { result in
        done()
        answered(result)
      }
    }
  }

  /// A walk over the keys of the Redis for a client, one command at a time, for as long as it may take once it has begun.
  func scan<Found: Sendable>(
    _ walk: @escaping (KeyScan) -> EventLoopFuture<Found>, _ answered: @escaping (Result<Found, any Error>) -> Void
  ) {
    inTurn { [self] done in
      walk(KeyScan(client, deadline: .now() + TimeAmount(settings.patience))).assumeIsolated().whenComplete { result in
        done()
        answered(result)
      }
    }
  }
}
