import Foundation

/// The lines of a worker's standard input. A thread sleeps in the read: it is the only way to hear of the parent's death that needs nobody
/// to be well.
enum InputLines {
  /// The status of a worker whose parent has died.
  static let orphaned: Int32 = 3

  static func standardInput() -> AsyncStream<Data> {
    let (stream, continuation) = AsyncStream.makeStream(of: Data.self)
    Thread.detachNewThread {
      var splitter = LineSplitter()
      var isConfigured = false
      while true {
        let piece = FileHandle.standardInput.availableData
        guard !piece.isEmpty, let lines = splitter.feed(piece) else { break }
        for line in lines {
          isConfigured = true
          continuation.yield(line)
        }
      }
      // Without a first line nobody is our parent: the error says what to do instead.
      guard isConfigured else { return continuation.finish() }
      exit(orphaned)
    }
    return stream
  }
}
