import RedisClient
import Synchronization
import TestSupport

/// What became of the calls of a soak.
final class Tally: Sendable {
  struct Counts {
    var answered = 0
    var cancelled = 0
    var failed = 0
    var mismatched = 0
  }

  private let state = Mutex((counts: Counts(), isFinished: false))

  var counts: Counts { state.withLock { $0.counts } }
  var isFinished: Bool { state.withLock { $0.isFinished } }

  func finish() { state.withLock { $0.isFinished = true } }

  func answered(isRight: Bool) {
    state.withLock {
      $0.counts.answered += 1
      if !isRight { $0.counts.mismatched += 1 }
    }
  }

  func cancelled() { state.withLock { $0.counts.cancelled += 1 } }

  /// A loss is expected; anything else is thrown.
  func failed(_ error: RedisError) throws {
    guard [.timeout, .connectionLost, .tooManyPending].contains(error.code) else { throw error }
    state.withLock { $0.counts.failed += 1 }
  }

  func wait(for answers: Int) async throws {
    try await eventually("\(answers) answers", within: .seconds(60)) { counts.answered >= answers }
  }
}
