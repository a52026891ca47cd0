/// The life of a client's connection: made, lost, made again, until somebody stops it or an error says that it is hopeless.
///
/// ```
/// idle --start--> connecting --ready--> ready
///                  ^   |                 |
///                  |   +------lost-------+
///                  |            |
///               timer        resting ---- fatal error or stop ----> stopped
/// ```
struct LinkStateMachine {
  private enum State {
    case idle
    case connecting
    case ready
    case resting
    case stopped
  }

  enum Action {
    case none
    case connect
    case rest(Duration)
    /// The end; `nil`: because somebody asked for it.
    case finish(RedisError?)
    /// Close the connection; `finish` follows when it is closed.
    case closeConnection
  }

  private var state = State.idle
  private var isStopping = false
  private var schedule: ReconnectSchedule

  init(_ policy: RedisReconnect) {
    schedule = ReconnectSchedule(policy)
  }

  var isReady: Bool { state == .ready }
  var isStopped: Bool { state == .stopped }
  /// Attempts in a row that have not led to a stable connection.
  var attempts: Int { schedule.attempts }

  mutating func start() -> Action {
    guard state == .idle else { return .none }
    state = .connecting
    return .connect
  }

  mutating func handshakeCompleted(at now: Duration) {
    guard state == .connecting else { return }
    state = .ready
    schedule.connected(at: now)
  }

  /// The connection, or the attempt, has ended with `error`.
  mutating func lost(
    _ error: RedisError, at now: Duration, using random: inout some RandomNumberGenerator
  ) -> Action {
    guard state == .connecting || state == .ready else { return .none }
    let wasReady = state == .ready
    if isStopping {
      state = .stopped
      return .finish(nil)
    }
    // A fatal answer to one caller's command is that caller's; only a handshake speaks for all.
    if error.isFatal, !wasReady {
      state = .stopped
      return .finish(error)
    }
    state = .resting
    return .rest(schedule.lost(at: now, using: &random))
  }

  mutating func restCompleted() -> Action {
    guard state == .resting else { return .none }
    state = .connecting
    return .connect
  }

  /// - Parameter error: Why there can be no connection, if that's the reason.
  mutating func stop(because error: RedisError? = nil) -> Action {
    switch state {
    case .idle, .resting:
      state = .stopped
      return .finish(error)
    case .connecting, .ready:
      guard !isStopping else { return .none }
      isStopping = true
      return .closeConnection
    case .stopped:
      return .none
    }
  }
}
