public import LimiterCore

/// Models that all workers of a domain leave alone, because a provider said so or failed too often.
extension LimiterClient {
  /// The models that are or were left alone in the last hour, the first to end first; at most 1,000.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: one script call.
  public func cooldowns() async throws -> [ModelCooldown] { try await backend.cooldowns() }

  /// Whether a model is left alone, and why. It changes nothing.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  public func cooldown(of model: String) async throws -> CooldownState {
    try await backend.cooldown(of: model, .look)
  }

  /// Says that a model is back: all workers may ask it again.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  public func clearCooldown(of model: String) async throws { _ = try await backend.cooldown(of: model, .clear) }
}
