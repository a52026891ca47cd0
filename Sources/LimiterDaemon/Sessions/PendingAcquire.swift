import LimiterCore
import NIOCore

/// An ACQUIRE on its way.
final class PendingAcquire {
  let number: UInt64
  let session: WorkerSession
  let arguments: AcquireArguments
  /// How long the permit may be held, in microseconds; `nil`: none is kept.
  let hold: Int64?
  let since: NIODeadline
  /// Where the answer goes: more than one when it was asked for again under its ID.
  var targets: [ReplyTarget]
  /// Its name in the engine, while it is there.
  var waiter: UInt64?

  init(
    number: UInt64, session: WorkerSession, arguments: AcquireArguments, hold: Int64?, target: ReplyTarget
  ) {
    self.number = number
    self.session = session
    self.arguments = arguments
    self.hold = hold
    since = .now()
    targets = [target]
  }
}
