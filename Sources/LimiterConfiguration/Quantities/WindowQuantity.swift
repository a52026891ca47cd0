/// An amount per duration, such as `500/1m`.
public struct WindowQuantity: Sendable, Hashable {
  /// At most this much in every span of ``length``; 1 or more.
  public var amount: Int64
  /// The length of the window.
  public var length: Duration

  /// An amount per duration.
  public init(amount: Int64, length: Duration) {
    self.amount = amount
    self.length = length
  }
}
