import LimiterClient

extension CommandError {
  /// What an error of the layers below means for a worker.
  ///
  /// - Parameter counts: whether the command counts each time that it is carried out.
  static func translate(_ error: any Error, asked: LimiterError.Asked, counts: Bool = false) -> CommandError {
    if let error = error as? CommandError { return error }
    guard let translated = LimiterError.translate(error, asked: asked) as? LimiterError else {
      return CommandError(.refused, "\(error)")
    }
    if translated.code == .stopped { return ended(asked) }
    let code: Code =
      switch translated.code {
      case _ where counts && translated.mayHaveRun: .uncertain
      case .redisUnavailable: .unavailable
      case .queueFull: .busy
      case .settlementPending: .pending
      case .redisRefused: .refused
      default: .malformed
      }
    let cause = translated.cause.map { " (because: \($0))" } ?? ""
    return CommandError(code, translated.message + cause)
  }

  /// This limiterd is over; what the worker asked for is not.
  private static func ended(_ asked: LimiterError.Asked) -> CommandError {
    switch asked {
    case .call: CommandError(.draining, "this limiterd has ended, so the call must not be made: ask the next one")
    case .view: CommandError(.draining, "this limiterd has ended: ask the next one")
    case .lookup, .change:
      CommandError(
        .draining, "this limiterd has ended; what was not confirmed may have been done: send it to the next one")
    }
  }
}
