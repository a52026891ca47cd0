internal import RedisClient

extension LimiterError {
  /// An error reply of limiterd, `<code> <message>`.
  static func replied(_ text: String, to kind: SidecarCommand.Kind) -> LimiterError {
    let word = text.prefix { $0 != " " }
    let message = String(text.dropFirst(word.count + 1))
    let code: Code =
      switch word {
      case "UNAVAILABLE", "UNCERTAIN": .redisUnavailable
      case "REFUSED": .redisRefused
      case "BUSY": .queueFull
      case "PENDING": .settlementPending
      case "DRAINING", "TAKENOVER": .limiterdUnavailable
      case "NOAUTH", "WRONGPASS": .limiterdRefused
      default: kind == .settlement ? .invalidPermit : .invalidRequest
      }
    var error = LimiterError(code, message)
    error.mayHaveRun = word == "UNCERTAIN"
    return error
  }

  /// Why there is no connection to limiterd.
  static func noConnection(_ error: RedisError, _ address: RedisAddress) -> LimiterError {
    switch error.code {
    case .wrongPassword:
      LimiterError(
        .limiterdRefused,
        "limiterd at \(address) does not accept the password: compare it with `password_env` or `password_file` of its policy file",
        cause: error)
    case .authenticationRequired:
      LimiterError(
        .limiterdRefused,
        "limiterd at \(address) wants a password: give the one of `password_env` or `password_file` of its policy file")
    default: LimiterError(.limiterdUnavailable, "there is no connection to limiterd at \(address)", cause: error)
    }
  }

  /// Of a command that is not sent again.
  static func answerLost(_ cause: LimiterError?) -> LimiterError {
    var error = LimiterError(
      .limiterdUnavailable,
      "the connection to limiterd was lost before its answer came; the command may have been executed",
      cause: cause)
    error.mayHaveRun = true
    return error
  }

  /// Nothing was done, and nothing is sent later.
  static func tooManySettlements(_ bound: Int) -> LimiterError {
    LimiterError(
      .queueFull,
      "\(bound) settlements of this process are not confirmed yet, and this one is not sent; settle the permit again later"
    )
  }

  static let draining = LimiterError(
    .limiterdUnavailable, "this limiterd is about to end, and no other one has taken its address over yet")

  /// The client does not run any more.
  static let sidecarStopped = LimiterError(
    .stopped, "the limiter does not run: call it inside of `run()` or `withClient`")
}
