import DequeModule
import Hiredis
import LimiterRedis
import NIOCore
import RedisClient

/// What clients ask Redis through this daemon, beside the engine: so many commands at once, and the others wait for their turn. So nobody
/// fills the connection over which everybody's calls are admitted.
struct RedisTurns {
  private var underWay = 0
  private var waiting: Deque<(cost: Int, run: () -> Void)> = []

  /// Whoever may begin now.
  mutating func next() -> (() -> Void)? {
    guard let first = waiting.first, underWay == 0 || underWay + first.cost <= DaemonBounds.queries else { return nil }
    underWay += first.cost
    return waiting.removeFirst().run
  }

  mutating func append(cost: Int, _ run: @escaping () -> Void) { waiting.append((cost, run)) }

  mutating func done(cost: Int) { underWay -= cost }
}

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
}
