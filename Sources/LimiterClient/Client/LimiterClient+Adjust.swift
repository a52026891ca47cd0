public import LimiterCore

extension LimiterClient {
  /// Corrects what is used of a window or a budget, for operators, straight to Redis. Recorded with who and why; the same operation twice is
  /// one correction.
  ///
  /// - Parameters:
  ///   - limit: the name of a limit that the request would meet.
  ///   - request: a call that meets it; it tells model, tenant, run and attributes.
  ///   - amount: what is added, in the limit's unit; negative: taken away, never below zero.
  ///   - operation: a name for this correction.
  ///   - who: who corrects.
  ///   - why: for those that read it later.
  /// - Returns: what was really added, and what is used after it, of a budget what is spent, without what is held; for an operation that was done before, what it did then.
  /// - Throws: ``LimiterError``: `limitUnknown`; `notAdjustable` for concurrency (slots follow their sessions), and of everything over limiterd, which corrects nothing;
  ///   `invalidRequest`, also when the operation was done before with another amount, or to another limit or period. `CancellationError`, after which it may be done or not.
  /// - Complexity: one script call.
  public func adjust(
    _ limit: LimitID, of request: AdmissionRequest, by amount: Int64, operation: String, who: String, why: String
  ) async throws -> (applied: Int64, used: Int64) {
    guard let direct = backend as? Limiter else {
      throw LimiterError(
        .notAdjustable, "limiterd corrects nothing: expected a client of the route `.redis(url:policy:)`")
    }
    return try await direct.adjust(limit, of: request, by: amount, operation: operation, who: who, why: why)
  }
}
