/// No model of the chain gave an answer.
public struct ChainFailed: Error, Sendable, CustomStringConvertible {
  /// What became of each model that was looked at, in order.
  public var hops: [FallbackHop]
  /// What the last model failed with; `nil`: none was asked.
  public var failure: (any Error)?
  /// When all are left alone: after how long the first one may be asked.
  public var retryAfter: Duration?

  /// In words.
  public var description: String {
    let wait = retryAfter.map { "; the first may be asked in \($0)" } ?? ""
    return "no model answered: \(hops.map(\.description).joined(separator: "; "))\(wait)"
  }
}
