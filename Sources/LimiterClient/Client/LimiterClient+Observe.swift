public import LimiterCore

extension LimiterClient {
  /// Says what a provider's answer to a call told of its windows, before the permit is settled. What is left there and was expected to be left here is
  /// compared: what is missing, others use, and it counts as used until the provider's window is whole. A refusal takes three tenths of its
  /// windows away, which come back tenth by tenth. Nothing is ever given that the policy does not allow.
  ///
  /// - Returns: how much of which limits was taken away.
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: one script call; none when the view says nothing of the permit's limits.
  @discardableResult
  public func observe(_ permit: Permit, _ view: ProviderView) async throws -> [LimitID: Int64] {
    try await backend.observe(permit, view)
  }
}
