import LimiterCore
import NIOCore

/// An ACQUIRE on its way.
final class PendingAcquire {
  let number: UInt64
  /// Whose it is; `nil`: several connections' alike calls.
  let session: WorkerSession?
  let arguments: AcquireArguments
  /// How long the permit may be held, in microseconds; `nil`: none is kept.
  let hold: Int64?
  let since: NIODeadline
  /// Where the answer goes: more than one when it was asked for again under its ID, or for calls that are alike.
  var targets: [ReplyTarget]
  /// What these calls belong to, of which one request asks for all.
  let group: AlikeGroup?
  /// How many calls it is.
  let count: Int
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
    group = nil
    count = 1
  }

  /// Calls that are alike, as one.
  init(number: UInt64, group: AlikeGroup, targets: [ReplyTarget]) {
    self.number = number
    session = nil
    arguments = group.arguments
    hold = nil
    since = .now()
    self.targets = targets
    self.group = group
    count = targets.count
  }
}
