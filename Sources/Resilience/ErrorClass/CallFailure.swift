/// How a call failed, in terms that retry, fallback and cooldowns understand.
public struct CallFailure: Error, Sendable, CustomStringConvertible {
  /// What kind it is.
  public var errorClass: ErrorClass
  /// How long the provider wants to be left alone; `nil`: it did not say.
  public var hint: Duration?
  /// The provider's word on whether to ask again, which goes before the class.
  public var shouldRetry: Bool?
  /// The HTTP status, where there was one.
  public var status: Int?
  /// What happened, without keys and prompts.
  public var message: String
  /// What was thrown, where something was.
  public var cause: (any Error)?
  /// The model was not asked, because it is left alone: nothing new is known of it, and no retry is spent on it.
  public var isOwnCooldown = false
  /// There was no connection, so that nothing was sent: it may be this process' own network, and says nothing to others.
  public var isOwnNetwork = false
  /// Some of the answer was seen: nobody else is asked, and no old answer follows.
  public var isPartlySeen = false

  /// A failure; see the properties.
  public init(
    _ errorClass: ErrorClass, hint: Duration? = nil, shouldRetry: Bool? = nil, status: Int? = nil, message: String = "",
    cause: (any Error)? = nil
  ) {
    self.errorClass = errorClass
    self.hint = hint
    self.shouldRetry = shouldRetry
    self.status = status
    self.message = message
    self.cause = cause
  }

  /// Kind, status and message.
  public var description: String {
    let status = status.map { " (\($0))" } ?? ""
    return "\(errorClass.rawValue)\(status)\(message.isEmpty ? "" : ": \(message)")"
  }

  /// What an error means that is none of ours: a mistake of the caller, which is not tried again.
  public static func of(_ error: any Error) -> CallFailure {
    error as? CallFailure ?? CallFailure(.callerError, message: "\(error)", cause: error)
  }
}
