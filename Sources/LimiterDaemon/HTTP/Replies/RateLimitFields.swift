import HTTPTypes

/// What a denial says in header fields: `Retry-After` (RFC 9110), `RateLimit` and `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers-10), and what SDKs of providers look at.
struct RateLimitFields {
  var limit: String
  var allowed: Int64
  var remaining: Int64
  /// In milliseconds; `nil`: no time helps.
  var retryAfter: Int64?
  /// In seconds.
  var window: Int64?

  private static let retryAfterMilliseconds = HTTPField.Name("retry-after-ms")
  private static let shouldRetry = HTTPField.Name("x-should-retry")
  private static let rateLimit = HTTPField.Name("RateLimit")
  private static let policy = HTTPField.Name("RateLimit-Policy")

  /// Rounded up: who sleeps as long does not come too early.
  private var retryAfterSeconds: Int64? { retryAfter.map { ($0 + 999) / 1_000 } }

  func write(to problem: inout HTTPProblem) {
    func set(_ name: HTTPField.Name?, _ value: String) {
      if let name { problem.headers[name] = value }
    }
    if let retryAfter, let seconds = retryAfterSeconds {
      problem.setRetryAfter(seconds: seconds)
      // 0: nobody knows, as with slots. SDKs that see it here would not look at Retry-After.
      if retryAfter > 0 { set(Self.retryAfterMilliseconds, String(retryAfter)) }
    } else {
      set(Self.shouldRetry, "false")
    }
    let name = Self.quoted(limit)
    set(
      Self.rateLimit,
      "\(name);r=\(Self.integer(remaining))" + parameter("t", retryAfterSeconds.flatMap { $0 > 0 ? $0 : nil }))
    set(Self.policy, "\(name);q=\(Self.integer(allowed))" + parameter("w", window))
  }

  private func parameter(_ name: String, _ value: Int64?) -> String {
    value.map { ";\(name)=\(Self.integer($0))" } ?? ""
  }

  /// A string of structured fields has printable ASCII only; other bytes are percent-encoded.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += "\\" + String(Unicode.Scalar(byte))
      case 0x20...0x7E: quoted += String(Unicode.Scalar(byte))
      default: quoted += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return quoted + "\""
  }

  private static func integer(_ number: Int64) -> Int64 { min(number, HTTPBounds.structuredInteger) }
}
