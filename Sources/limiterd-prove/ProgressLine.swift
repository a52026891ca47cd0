import Foundation
import Synchronization

/// Standard error: lines that stay and, on a terminal, one that changes.
final class ProgressLine: Sendable {
  private let isTerminal = isatty(2) == 1
  private let shown = Mutex(false)

  func show(_ text: String) {
    guard isTerminal else { return }
    shown.withLock { shown in
      try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text.prefix(150))".utf8))
      shown = true
    }
  }

  func tell(_ text: String) {
    shown.withLock { shown in
      try? FileHandle.standardError.write(contentsOf: Data("\(shown ? "\r\u{1B}[K" : "")\(text)\n".utf8))
      shown = false
    }
  }

  func clear() {
    shown.withLock { shown in
      if shown { try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8)) }
      shown = false
    }
  }
}
