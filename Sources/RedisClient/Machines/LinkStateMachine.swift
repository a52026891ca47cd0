/// The life of a client's connection: made, lost, made again, until somebody stops it or the first handshake says that it is hopeless.
///
/// ```
/// idle --start--> connecting --ready--> ready
///                  ^   |                 |
///                  |   +------lost-------+
///                  |            |
///               timer        resting ---- fatal error or stop ----> stopped
/// ```
///
/// A fatal error (a password, a right that is missing) is the end only where there never was a connection: then it is a mistake of the
/// configuration, and whoever made it is looking. Later it is an outage as any other, and may be mended at the other side.
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
  private var endsWhenRefused: Bool
  private var schedule: ReconnectSchedule

  /// - Parameter endsWhenRefused: false: another connection to the same server tells whether it is hopeless.
  init(_ policy: RedisReconnect, endsWhenRefused: Bool = true) {
    self.endsWhenRefused = endsWhenRefused
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
    endsWhenRefused = false
    schedule.connected(at: now)
  }

  /// The connection, or the attempt, has ended with `error`.
  mutating func lost(
    _ error: RedisError, at now: Duration, using random: inout some RandomNumberGenerator
  ) -> Action {
    guard state == .connecting || state == .ready else { return .none }
    if isStopping {
      state = .stopped
      return .finish(nil)
    }
    if error.isFatal, endsWhenRefused {
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
