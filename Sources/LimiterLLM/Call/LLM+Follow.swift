/// What the limiter is told and asked when the provider has answered: it does not hold the answer back.
extension LLM {
  /// How long each of it is waited for, and not beyond the deadline.
  static let longestFollowUp: Duration = .seconds(1)

  /// Begins it in any case. It is cancelled when its time is over, and a settlement goes on then.
  ///
  /// - Parameter work: whether there was an answer.
  func follow(until end: ContinuousClock.Instant, _ work: @escaping @Sendable () async -> Bool) async {
    let left = ContinuousClock.now.duration(to: end)
    let time = left > .zero && outage.allowsWaiting() ? min(left, Self.longestFollowUp) : .zero
    let isAnswered = await result(within: time, of: work)
    if isAnswered == true { outage.answered() }
    if isAnswered == nil, time == Self.longestFollowUp, !Task.isCancelled { outage.gaveNoAnswer() }
  }
}
