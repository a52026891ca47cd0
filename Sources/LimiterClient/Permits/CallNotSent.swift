/// Thrown out of ``LimiterClient/LimiterClient/withPermit(_:waitingUpTo:_:)`` by a call that was never sent: its permit is given back whole.
public struct CallNotSent: Error {
  /// Why.
  public let cause: any Error

  /// The call was not sent, because of `cause`.
  public init(_ cause: any Error) {
    self.cause = cause
  }
}
