import Hiredis
import NIOCore

/// The reply to a command that no worker's connection has sent: it is handed to who asked.
final class CollectedReply {
  private let promise: EventLoopPromise<Reply>
  private(set) var isDone = false

  init(_ promise: EventLoopPromise<Reply>) {
    self.promise = promise
  }

  /// Takes the one RESP value that `write` writes.
  func take(_ write: (inout ReplyBuffer) -> Void) {
    guard !isDone else { return }
    isDone = true
    var bytes = ReplyBuffer()
    write(&bytes)
    var reader = ReplyReader()
    do {
      try reader.feed(bytes.bytes)
      guard let reply = try reader.next() else { throw CommandError(.refused, "the reply is not whole") }
      promise.succeed(reply)
    } catch {
      promise.fail(error as? CommandError ?? CommandError(.refused, "the reply is larger than it may be: \(error)"))
    }
  }

  func fail(_ error: any Error) {
    guard !isDone else { return }
    isDone = true
    promise.fail(error)
  }
}
