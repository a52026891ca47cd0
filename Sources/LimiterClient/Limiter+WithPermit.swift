public import LimiterCore

/// What became of a call that needs a permit.
public enum PermitOutcome<Value> {
  /// It was made.
  case completed(Value)
  /// It was not made.
  case denied(Denial)
}

extension PermitOutcome: Sendable where Value: Sendable {}

/// Thrown out of ``Limiter/withPermit(_:waitingUpTo:_:)`` by a call that was never sent: its permit is given back whole.
public struct CallNotSent: Error {
  /// Why.
  public let cause: any Error

  /// The call was not sent, because of `cause`.
  public init(_ cause: any Error) {
    self.cause = cause
  }
}

extension Limiter {
  /// Makes a call under a permit, and settles it.
  ///
  /// - Parameters:
  ///   - request: the call.
  ///   - longest: how long to wait for room; zero: it is decided once.
  ///   - body: makes the call and says what it used. If it throws ``CallNotSent``, the permit is given back; if it throws
  ///     anything else, cancellation included, nobody knows what the provider did: the permit stays charged as reserved.
  /// - Returns: what `body` returned, or the denial.
  /// - Throws: what `body` throws; what ``acquire(_:waitingUpTo:)`` throws. A settlement that Redis has not confirmed in time
  ///   is no error here: it is sent until it is. Nor is a usage that is out of bounds: the permit stays charged as reserved, and the log
  ///   has a warning.
  public func withPermit<Value>(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60),
    _ body: (Permit) async throws -> (Value, Usage)
  ) async throws -> PermitOutcome<Value> {
    try await perform(request, waitingUpTo: longest, body)
  }
}

extension Limiter: LimiterBackend {}
