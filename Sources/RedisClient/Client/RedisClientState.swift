/// What a client is doing at the moment; may be history when it is read.
public enum RedisClientState: Sendable {
  /// `run()` has not been called.
  case idle
  /// There is no connection: the first is being made, or the last was lost. `lastError` tells why the last attempt failed.
  case connecting(attempts: Int, lastError: RedisError?)
  /// Commands are sent at once. `evictionPolicy` is Redis' `maxmemory-policy`; `nil`: the ACL user may not read it.
  case ready(evictionPolicy: String?)
  /// `run()` has ended; `nil`: because it was cancelled.
  case stopped(RedisError?)

  /// Whether there is a connection.
  public var isReady: Bool {
    if case .ready = self { true } else { false }
  }

  /// Why there is no connection, as far as it is known.
  public var lastError: RedisError? {
    switch self {
    case .connecting(_, let error), .stopped(let error): error
    case .idle, .ready: nil
    }
  }
}
