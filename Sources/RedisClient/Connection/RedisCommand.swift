import Hiredis
import NIOCore

/// One command on its way: what to send, until when, and who waits for the reply. Lives on the event loop.
final class RedisCommand {
  enum Payload {
    case plain([CommandArgument])
    case script(RedisScript, keys: [CommandArgument], arguments: [CommandArgument])
    /// Our own, after NOSCRIPT; nobody waits for its reply.
    case load(RedisScript)
  }

  let payload: Payload
  let deadline: NIODeadline
  /// What it counts in the bound on bytes.
  let byteCount: Int
  /// Its script was loaded again for it; that happens once.
  var hasReloaded = false
  /// It has left this process, or may have.
  var isSent = false
  /// Nobody waits any more.
  private(set) var isDone = false
  private let promise: EventLoopPromise<Reply>?

  init(_ payload: Payload, deadline: NIODeadline, promise: EventLoopPromise<Reply>?) {
    self.payload = payload
    self.deadline = deadline
    self.promise = promise
    self.byteCount = payload.byteCount
  }

  var isScript: Bool {
    if case .script = payload { true } else { false }
  }

  func succeed(_ reply: Reply) {
    guard !isDone else { return }
    isDone = true
    promise?.succeed(reply)
  }

  func fail(_ error: RedisError) {
    guard !isDone else { return }
    isDone = true
    promise?.fail(error)
  }

  /// The caller has gone. The entry in the queue of replies stays, and swallows the reply.
  func abandon() {
    fail(
      RedisError(
        .cancelled, isSent ? "The caller was cancelled while the command was under way." : "The caller was cancelled.",
        outcome: isSent ? .unknown : .notSent, cause: CancellationError()))
  }
}

extension RedisCommand.Payload {
  /// What goes over the wire.
  var wireArguments: [CommandArgument] {
    switch self {
    case .plain(let arguments):
      return arguments
    case .load(let script):
      return ["SCRIPT", "LOAD", CommandArgument(script.source)]
    case .script(let script, let keys, let arguments):
      var all: [CommandArgument] = []
      all.reserveCapacity(3 + keys.count + arguments.count)
      all.append("EVALSHA")
      all.append(script.sha1Argument)
      all.append(CommandArgument(Int64(keys.count)))
      all.append(contentsOf: keys)
      all.append(contentsOf: arguments)
      return all
    }
  }

  fileprivate var byteCount: Int {
    switch self {
    case .plain(let arguments): arguments.reduce(0) { $0 + $1.encodedCount }
    case .load(let script): script.source.utf8.count
    case .script(_, let keys, let arguments):
      keys.reduce(40) { $0 + $1.encodedCount } + arguments.reduce(0) { $0 + $1.encodedCount }
    }
  }
}
