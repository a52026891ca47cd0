import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The words for an error beneath one of ours.
enum CauseText {
  /// An error of the operating system in the system's words; NIO adds where in its own code it was seen.
  static func of(_ cause: any Error) -> String {
    guard let cause = cause as? IOError, let text = strerror(cause.errnoCode) else { return "\(cause)" }
    return "\(String(cString: text)), errno \(cause.errnoCode)"
  }
}
