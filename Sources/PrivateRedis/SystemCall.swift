import Foundation

/// The operating system's words for `errno`.
enum SystemCall {
  static func text(of number: CInt) -> String { unsafe String(cString: strerror(number)) }

  static func error(_ what: String) -> PrivateRedisError {
    PrivateRedisError(.systemCallFailed, "\(what): \(text(of: errno))")
  }
}
