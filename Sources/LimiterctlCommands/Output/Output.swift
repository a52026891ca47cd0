import ArgumentParser
import Foundation

/// Standard output. What cannot be written there is an error, not a success without words.
enum Output {
  /// The exit status when the reader has gone: what a shell says of a program that SIGPIPE has ended.
  static let readerGone = ExitCode(141)

  /// Writes a text and the end of its line.
  ///
  /// - Throws: ``readerGone``, of which nothing is said; ``Failure``, with the system's reason.
  static func print(_ text: String, terminator: String = "\n") throws {
    var rest = Array((text + terminator).utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        throw readerGone
      } else if errno == EAGAIN {
        // Somebody made the terminal or the pipe non-blocking; it is theirs, too.
        var wanted = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
      } else if errno != EINTR {
        throw Failure("standard output cannot be written: \(String(cString: strerror(errno)))")
      }
    }
  }
}
