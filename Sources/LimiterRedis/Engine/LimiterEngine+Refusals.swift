internal import LimiterCore
package import RedisClient

/// What Redis answers with an error that the same command will have again.
extension LimiterEngine {
  /// How long a refused decision says that the next one will be, too: a process that nobody asks meanwhile does not find out.
  private static let refusalCounts: Int64 = 10_000_000

  /// Why Redis decides nothing, though it answers: a right that was taken from its user.
  package var refusal: RedisError? {
    refused.flatMap { now - $0.at < Self.refusalCounts ? $0.error : nil }
  }

  /// Tells one that somebody has to act on; others have told themselves, or pass.
  func noteRefusal(_ error: any Error, isDecision: Bool = false) {
    guard let error = error as? RedisError, LaneFailure.isRefusal(error), case .fatal = LaneFailure(error) else {
      return
    }
    if isDecision, error.code == .noPermission { refused = (error, now) }
    events.refused(error)
  }
}
