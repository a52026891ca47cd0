import Synchronization

/// Bounds how much of a provider's load is retries: a bucket that retries empty and successes fill, one for each process, provider and
/// model. When most calls fail, retrying makes it worse.
///
/// The numbers are those of the AWS SDKs' standard retry mode: 500 to begin with, a retry costs 14 (5 after a throttle), a success gives
/// back what the last retry cost, or 1.
public final class RetryBudget: Sendable {
  private struct State {
    var left: Int
    var lastCost: Int?
  }

  /// What a full bucket holds.
  public let capacity: Int
  private let state: Mutex<State>

  /// A full bucket.
  public init(capacity: Int = 500) {
    self.capacity = max(capacity, 0)
    state = Mutex(State(left: max(capacity, 0)))
  }

  /// What is left.
  public var left: Int { state.withLock { $0.left } }

  /// Takes the cost of one retry; false when there is not so much left, and nothing is taken then.
  public func take(_ cost: Int) -> Bool {
    state.withLock { state in
      guard cost <= state.left else { return false }
      state.left -= max(cost, 0)
      state.lastCost = cost
      return true
    }
  }

  /// A call has succeeded.
  public func succeeded() {
    state.withLock { state in
      state.left = min(state.left + max(state.lastCost ?? 1, 1), capacity)
      state.lastCost = nil
    }
  }
}
