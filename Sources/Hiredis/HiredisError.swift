/// Why bytes could not be parsed or a command could not be formatted.
///
/// Descriptions name what was expected and what came, as counts, bounds and single protocol bytes: never the content of a reply or of a
/// command, which may be a tenant's name or a password.
public struct HiredisError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for code to decide on.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String { case protocolError, tooDeep, tooLarge, outOfMemory, invalidCommand }
    private let value: Value

    /// The bytes are not RESP2. The connection cannot be used any further.
    public static let protocolError = Code(value: .protocolError)
    /// Arrays inside arrays, further down than ``ReplyLimits/maximumNesting``.
    public static let tooDeep = Code(value: .tooDeep)
    /// A reply or a command is over one of the named bounds.
    public static let tooLarge = Code(value: .tooLarge)
    /// The C library could not allocate.
    public static let outOfMemory = Code(value: .outOfMemory)
    /// There is no such command: it has no arguments at all.
    public static let invalidCommand = Code(value: .invalidCommand)

    /// The name of the code.
    public var description: String { value.rawValue }
  }

  /// What went wrong, for code to decide on.
  public let code: Code
  /// What was expected, what came, and what to do, for people.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The code and the message.
  public var description: String { "\(code): \(message)" }
}
