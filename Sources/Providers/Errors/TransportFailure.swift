public import Resilience

/// What broke on the way, without an answer.
public enum TransportFailure: Sendable, Hashable {
  /// Nothing was sent: refused, no route, no name, TLS.
  case notConnected
  /// The connection broke after the request was sent, and nothing of the answer had come.
  case reset
  /// The deadline passed after the request was sent.
  case timeout
  /// The answer broke off after its first byte.
  case streamBroken

  /// The same as a failure of a call.
  public func failure(_ message: String, cause: (any Error)? = nil) -> CallFailure {
    let errorClass: ErrorClass =
      switch self {
      case .notConnected, .reset: .transient
      case .timeout: .timeout
      case .streamBroken: .streamBroken
      }
    var failure = CallFailure(errorClass, message: message, cause: cause)
    failure.isOwnNetwork = self == .notConnected
    return failure
  }
}
