package import Foundation
import Synchronization

/// Tells a person how a run goes: one line that is written over and over in a terminal, else a line now and then.
package final class Progress: Sendable {
  package enum Style: Sendable {
    case silent
    case lines
    case terminal
  }

  package static let silent = Progress(.silent)

  private let style: Style
  private let handle: FileHandle
  /// A line without an end stands in the terminal.
  private let isOpen = Mutex(false)

  package init(_ style: Style, to handle: FileHandle = .standardError) {
    self.style = style
    self.handle = handle
  }

  /// For standard error, as it is.
  package static func standardError() -> Progress { Progress(isatty(2) == 1 ? .terminal : .lines) }

  /// The time between two updates.
  var interval: Duration { style == .terminal ? .milliseconds(500) : .seconds(5) }

  /// A line that stays.
  func say(_ text: String) {
    guard style != .silent else { return }
    isOpen.withLock { isOpen in
      write("\(isOpen ? "\r\u{1B}[K" : "")\(text)\n")
      isOpen = false
    }
  }

  /// A line that is replaced by the next one in a terminal.
  func update(_ text: String) {
    switch style {
    case .silent: break
    case .lines: say(text)
    case .terminal:
      isOpen.withLock { isOpen in
        write("\r\u{1B}[K\(text)")
        isOpen = true
      }
    }
  }

  /// No more updates.
  func end() {
    isOpen.withLock { isOpen in
      if isOpen { write("\r\u{1B}[K") }
      isOpen = false
    }
  }

  private func write(_ text: String) { try? handle.write(contentsOf: Data(text.utf8)) }
}
