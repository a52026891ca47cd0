/// Why the limiter could not get a decision from Redis.
public struct LimiterRedisError: Error, Sendable, CustomStringConvertible {
  /// The kinds of failure.
  public struct Code: Sendable, Hashable {
    private enum Value: Hashable { case malformedAnswer, unexpectedStatus }
    private let value: Value
    /// A script's answer was not what this version expects: another program writes to these keys, or a version mismatch.
    public static let malformedAnswer = Code(value: .malformedAnswer)
    /// A script answered with a status that this version does not know.
    public static let unexpectedStatus = Code(value: .unexpectedStatus)
  }

  /// What kind of failure it is.
  public var code: Code
  /// What was expected and what came.
  public var message: String

  static func malformedAnswer(_ message: String) -> LimiterRedisError {
    LimiterRedisError(code: .malformedAnswer, message: message)
  }

  static func unexpectedStatus(_ status: Int64) -> LimiterRedisError {
    LimiterRedisError(code: .unexpectedStatus, message: "expected a known status, got \(status)")
  }

  /// The failure in one line.
  public var description: String {
    "a script's answer could not be read: \(message)"
  }
}
