/// One RESP2 reply.
public enum Reply: Sendable, Hashable {
  /// `+OK`
  case status(String)
  /// `-ERR ...`: the server refused; the connection is healthy.
  case error(String)
  /// `:1`
  case integer(Int64)
  /// `$3`: any bytes.
  case bulk([UInt8])
  /// `$-1` or `*-1`
  case null
  /// `*2`: may hold errors, as the answer of EXEC does.
  case array([Reply])
}

extension Reply {
  /// The text of a status or of a bulk string (invalid UTF-8 is repaired); nil for everything else, errors included.
  public var string: String? {
    switch self {
    case .status(let text): text
    case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
    case .error, .integer, .null, .array: nil
    }
  }

  /// The bytes of a bulk string or of a status; nil for everything else.
  public var bytes: [UInt8]? {
    switch self {
    case .bulk(let bytes): bytes
    case .status(let text): Array(text.utf8)
    case .error, .integer, .null, .array: nil
    }
  }

  /// The number of an integer reply, or of a bulk string that is a decimal integer (as GET answers); nil for everything else.
  public var int: Int64? {
    switch self {
    case .integer(let value): value
    case .bulk(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
    case .status, .error, .null, .array: nil
    }
  }

  /// The elements of an array; nil for everything else.
  public var array: [Reply]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// The server's words if this is an error reply.
  public var errorMessage: String? {
    if case .error(let message) = self { message } else { nil }
  }

  /// Whether this is `$-1` or `*-1`.
  public var isNull: Bool { self == .null }
}
