/// What became of one model of a chain.
public struct FallbackHop: Sendable, CustomStringConvertible {
  /// What became of it.
  public enum Reason: Sendable, Hashable {
    /// It is left alone for so much longer.
    case cooling(Duration, ErrorClass)
    case failed(ErrorClass)
    case answered
  }

  /// Which one.
  public var model: String
  /// What became of it.
  public var reason: Reason

  /// In words.
  public var description: String {
    switch reason {
    case .cooling(let time, let why): "\(model): left alone for \(time) after \(why.rawValue)"
    case .failed(let why): "\(model): \(why.rawValue)"
    case .answered: "\(model): answered"
    }
  }
}
