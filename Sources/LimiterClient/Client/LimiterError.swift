/// Why the limiter could not decide or settle. A denial is no error: see ``Decision``.
public struct LimiterError: Error, Sendable, CustomStringConvertible {
  /// The kinds of errors.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String {
      case invalidRequest, invalidPolicy, invalidPermit, redisUnavailable, redisRefused, queueFull, stopped
      case settlementPending, limitUnknown, notAdjustable, limiterdUnavailable, limiterdRefused
    }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// The request does not fit the policy.
    public static let invalidRequest = Code(.invalidRequest)
    /// The policy cannot be used, for example its time zone is unknown.
    public static let invalidPolicy = Code(.invalidPolicy)
    /// The permit, or what was used of it, is malformed.
    public static let invalidPermit = Code(.invalidPermit)
    /// Redis did not answer in time. Nothing is charged that will not be given back.
    public static let redisUnavailable = Code(.redisUnavailable)
    /// Redis answered with an error that needs somebody to act.
    public static let redisRefused = Code(.redisRefused)
    /// There is no limiterd, or it does not answer in time, or it is about to end. Nothing is charged that will not be given back.
    public static let limiterdUnavailable = Code(.limiterdUnavailable)
    /// limiterd does not accept us: a wrong password, or another version.
    public static let limiterdRefused = Code(.limiterdRefused)
    /// Too many calls of this process wait already.
    public static let queueFull = Code(.queueFull)
    /// The limiter does not run, or not any more.
    public static let stopped = Code(.stopped)
    /// The settlement was not confirmed in time; it is sent until it is.
    public static let settlementPending = Code(.settlementPending)
    /// The policy has no such limit.
    public static let limitUnknown = Code(.limitUnknown)
    /// Limits of this kind are not adjusted, nor any over limiterd.
    public static let notAdjustable = Code(.notAdjustable)

    /// The code's name.
    public var description: String { value.rawValue }
  }

  /// What kind of error it is.
  public let code: Code
  /// What was expected, what came, what to do.
  public let message: String
  /// The error beneath.
  public let cause: (any Error)?
  /// Of a command that counts each time that it is executed: whether it may have been, so that it must not be asked for again.
  package internal(set) var mayHaveRun = false

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// Code, message and cause in one line.
  public var description: String {
    cause.map { "\(code): \(message) (because: \($0))" } ?? "\(code): \(message)"
  }
}
