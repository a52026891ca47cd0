import Foundation
import Synchronization

/// Writes values as lines of JSON, one at a time.
final class LineWriter: Sendable {
  private let handle: FileHandle
  private let lock = Mutex(())

  init(_ handle: FileHandle) { self.handle = handle }

  /// Blocks while the reader is slow. A reader that has gone is no error here: the end of the input says so, too.
  func write(_ value: some Encodable) {
    guard var line = try? JSONEncoder().encode(value) else { return }
    line.append(10)
    write(line)
  }

  func write(_ line: Data) {
    lock.withLock { _ in try? handle.write(contentsOf: line) }
  }
}
