import Synchronization

/// The state as any thread may read it; written on the event loop.
final class SharedState: Sendable {
  private let value = Mutex(RedisClientState.idle)

  var state: RedisClientState {
    get { value.withLock { $0 } }
    set { value.withLock { $0 = newValue } }
  }
}
