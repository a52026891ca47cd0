internal import LimiterCore
internal import LimiterRedis
internal import RedisClient

extension LimiterError {
  /// What Redis was asked for: so what it means that it gave no answer.
  package enum Asked: Sendable {
    /// Whether a call may be made.
    case call
    /// What is to be seen.
    case view
    /// What is looked up before something is done.
    case lookup
    /// To do something.
    case change

    fileprivate func message(for error: RedisError) -> String {
      let what = error.retry == nil ? "Redis gave no answer" : "Redis refused"
      switch self {
      case .call: return "Redis gave no decision, so the call must not be made"
      case .view: return "\(what), so nothing is known of it"
      case .change where !error.isSafeToSendAgain: return "\(what), so it may have been done, or not"
      case .lookup, .change: return "\(what), so nothing was done"
      }
    }
  }

  static func needsPermit(_ limit: LimitID) -> LimiterError {
    LimiterError(
      .invalidRequest,
      "admit keeps no permit, so it works only where all limits are windows; \(limit) is none: use acquire")
  }

  /// What an error of the layers below means for a caller.
  package static func translate(_ error: any Error, asked: Asked) -> any Error {
    switch error {
    case is CancellationError, is LimiterError: return error
    case let redis as RedisError where redis.code == .cancelled: return CancellationError()
    case let timeout as LaneTimeout:
      return LimiterError(
        .redisUnavailable,
        "Redis gave no decision in time, so the call must not be made; is it up, and is the URL right?",
        cause: timeout.cause)
    case let full as LaneFull:
      return LimiterError(
        .queueFull, "\(full.capacity) calls of this process wait already; make fewer at once, or wait for shorter")
    case let none as NoSession:
      return LimiterError(
        .redisUnavailable, "there is no session in Redis yet; is it up, and is the URL right?", cause: none.cause)
    case is EngineStopped:
      return LimiterError(.stopped, "the limiter does not run: call it inside of `run()` or `withClient`")
    case let redis as RedisError where redis.code == .stopped:
      return LimiterError(
        .stopped, "the limiter does not run: call it inside of `run()` or `withClient`", cause: redis)
    case let redis as RedisError:
      var error = LimiterError(
        redis.isFatal || redis.retry == .never ? .redisRefused : .redisUnavailable, asked.message(for: redis),
        cause: redis)
      error.mayHaveRun = !redis.isSafeToSendAgain
      return error
    default:
      var error = LimiterError(.redisRefused, "the answer of Redis could not be used", cause: error)
      error.mayHaveRun = true
      return error
    }
  }
}
