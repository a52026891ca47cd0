import Dispatch
import Foundation
import Synchronization

/// What a person reads beside reports, and the log, in one order. Nobody waits for it to be read: where it is not (a pager, a terminal that is
/// held, a full disk), decisions go on, and lines above ``mostWaiting`` are lost.
struct StandardError: TextOutputStream, Sendable {
  /// Bytes that wait to be read at most.
  private static let mostWaiting = 1 << 20

  private static let queue = DispatchQueue(label: "standard error")
  private static let waiting = Mutex((bytes: 0, lost: 0))

  static func write(_ text: String) {
    let bytes = Data(text.utf8)
    let isTaken = waiting.withLock { waiting in
      guard waiting.bytes + bytes.count <= mostWaiting else {
        waiting.lost += 1
        return false
      }
      waiting.bytes += bytes.count
      return true
    }
    guard isTaken else { return }
    queue.async {
      put(bytes)
      let lost = waiting.withLock { waiting in
        waiting.bytes -= bytes.count
        defer { waiting.lost = 0 }
        return waiting.lost
      }
      if lost > 0 { put(Data("\(lost) messages were lost here: nobody read them\n".utf8)) }
    }
  }

  func write(_ text: String) { Self.write(text) }

  private static func put(_ bytes: Data) { try? FileHandle.standardError.write(contentsOf: bytes) }

  /// At the end of the process: what was written is still read, for a second at most.
  static func finishAtExit() {
    atexit {
      let done = DispatchSemaphore(value: 0)
      StandardError.queue.async { done.signal() }
      _ = done.wait(timeout: .now() + 1)
    }
  }

  /// The next file that is opened takes the lowest number: where standard error is closed, lines of the log would go to Redis.
  static func occupyClosedStreams() {
    var descriptor = open("/dev/null", O_RDWR)
    while (0...2).contains(descriptor) { descriptor = open("/dev/null", O_RDWR) }
    if descriptor > 2 { close(descriptor) }
  }
}
