import RedisClient

/// One look at somebody's Redis before the workers are started, so that what is wrong is said once, and at once.
enum RedisCheck {
  /// - Returns: a warning, if its settings would make limits forget.
  /// - Throws: ``SimulationError`` with what is wrong and what to do.
  static func look(at url: String) async throws -> String? {
    try await RedisVisit.make(url) { client in
      guard let policy = client.evictionPolicy, policy != "noeviction" else { return nil }
      return
        "WARNING: this Redis may evict keys (maxmemory-policy \(policy)) and so forget limits: set it to noeviction"
    }
  }
}
