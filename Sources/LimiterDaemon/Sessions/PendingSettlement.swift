import NIOCore

/// A settlement that Redis has not confirmed, and who waits for that.
final class PendingSettlement {
  /// How long it is waited for.
  let until: NIODeadline
  private var target: ReplyTarget?

  init(_ target: ReplyTarget, until: NIODeadline) {
    self.target = target
    self.until = until
  }

  var isAnswered: Bool { target == nil }

  /// Where the answer goes, once.
  func take() -> ReplyTarget? {
    defer { target = nil }
    return target
  }
}
