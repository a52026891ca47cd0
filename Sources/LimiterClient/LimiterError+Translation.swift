internal import LimiterCore
internal import LimiterRedis
internal import RedisClient

extension LimiterError {
  static func needsPermit(_ limit: LimitID) -> LimiterError {
    LimiterError(
      .invalidRequest,
      "admit keeps no permit, so it works only where all limits are windows; \(limit) is none: use acquire")
  }

  /// What an error of the layers below means for a caller.
  package static func translate(_ error: any Error) -> any Error {
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
      return LimiterError(.stopped, "the limiter does not run: call it inside of `run()` or `withLimiter`")
    case let redis as RedisError where redis.code == .stopped:
      return LimiterError(
        .stopped, "the limiter does not run: call it inside of `run()` or `withLimiter`", cause: redis)
    case let redis as RedisError:
      var error = LimiterError(
        redis.isFatal || redis.retry == .never ? .redisRefused : .redisUnavailable,
        "Redis gave no decision, so the call must not be made", cause: redis)
      error.mayHaveRun = !redis.isSafeToSendAgain
      return error
    default:
      var error = LimiterError(.redisRefused, "the decision of Redis could not be used", cause: error)
      error.mayHaveRun = true
      return error
    }
  }
}
