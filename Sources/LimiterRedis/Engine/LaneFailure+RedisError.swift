internal import LimiterCore
internal import RedisClient

extension LaneFailure {
  /// What an error says of a script call. A script error that is not in Redis' own list leaves no decision either: the
  /// scripts read and check everything before they write.
  init(_ error: any Error) {
    guard let error = error as? RedisError else {
      self = .fatal(error)
      return
    }
    if let retry = error.retry {
      self = retry == .never || error.isFatal ? .fatal(error) : .notRun(error)
    } else if error.isFatal || error.code == .stopped || error.code == .invalidCommand {
      self = .fatal(error)
    } else {
      self = error.isSafeToSendAgain ? .notRun(error) : .unknown(error)
    }
  }

  /// Whether Redis has answered with an error, and so is there.
  static func isRefusal(_ error: any Error) -> Bool { (error as? RedisError)?.retry != nil }
}
