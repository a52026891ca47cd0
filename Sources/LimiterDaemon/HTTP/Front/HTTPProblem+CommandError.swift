extension HTTPProblem {
  /// An error of the core, as HTTP tells it.
  ///
  /// - Parameter drain: how long a drain takes, in seconds: then another limiterd, or the next one, answers here.
  init(_ error: any Error, drain: Int64) {
    guard let error = error as? CommandError else {
      self.init(.clientGone, "the client has gone before the answer was there")
      return
    }
    let kind: Kind =
      switch error.code {
      case .malformed, .noProtocol, .takenOver, .discarded, .forgotten: .malformed
      case .noAuth, .wrongPassword: .unauthorized
      case .unavailable, .uncertain: .unavailable
      case .refused: .refused
      case .busy: .busy
      case .draining: .draining
      case .pending: .pending
      }
    self.init(kind, error.message)
    switch kind {
    case .draining: setRetryAfter(seconds: drain)
    case .unavailable, .busy: setRetryAfter(seconds: 1)
    default: break
    }
  }
}
