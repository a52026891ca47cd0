internal import Hiredis
internal import NIOCore

/// A command that has no answer yet. Lives on the event loop.
///
/// ```
/// waits for a connection --sent--> waits for its answer --> answered
///            ^                              |
///            '--- the connection is lost ---'     its tag, which is its ID at limiterd, stays: it has one effect
///                 (`once`: it fails)
/// ```
final class SidecarCommand {
  enum Kind {
    /// Sent again with the time that is left; withdrawn at limiterd when nobody waits any more.
    case acquire
    /// Sent until it is answered, whether or not anybody waits.
    case settlement
    /// Changes nothing, or the same again when it is sent twice.
    case query
    /// Counts each time that it is executed: not sent again when its answer may be lost. Its caller hears of it.
    case once
    /// A query about a permit that is held: it waits until a limiterd that is another one than before has been told what is held.
    case holding
  }

  typealias Completion = (SidecarCommand, Result<Reply, any Error>) -> Void

  let tag: Int64
  let kind: Kind
  /// On the connection that there is.
  var isSent = false
  /// Its first answer may have been lost.
  var wasSentBefore = false
  var timer: Scheduled<Void>?
  private let words: (_ tag: Int64, _ now: NIODeadline) -> [CommandArgument]
  private var completion: Completion?

  init(
    _ kind: Kind, tag: Int64, words: @escaping (_ tag: Int64, _ now: NIODeadline) -> [CommandArgument],
    completion: @escaping Completion
  ) {
    self.kind = kind
    self.tag = tag
    self.words = words
    self.completion = completion
  }

  /// Nobody waits for it any more, but its answer may need a reaction.
  var isForgotten: Bool { completion == nil }

  func wireArguments(now: NIODeadline) -> [CommandArgument] {
    ["TAG", CommandArgument(tag)] + words(tag, now)
  }

  /// Once; whoever waits is told.
  func complete(_ result: Result<Reply, any Error>) {
    timer?.cancel()
    timer = nil
    let completion = completion
    self.completion = nil
    completion?(self, result)
  }
}
