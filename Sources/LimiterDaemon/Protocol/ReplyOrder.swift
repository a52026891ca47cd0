import DequeModule

/// Puts the replies of one connection into the order of their commands.
///
/// ```
/// begin --> 1   2   3 (answered)   4        the head is answered: 1 goes out; then 2, and 3 and so on behind it
///           ^head
/// ```
///
/// A reply whose turn it is goes straight into the outgoing buffer; only one that is ready too early is kept.
package struct ReplyOrder {
  private var head: UInt64 = 0
  private var waiting: Deque<ReplyBuffer?> = []
  /// Bytes of replies that are ready too early.
  package private(set) var keptBytes = 0

  package init() {}

  /// Commands without a reply, and replies behind them.
  package var count: Int { waiting.count }

  /// A command has come; its number.
  package mutating func begin() -> UInt64 {
    waiting.append(nil)
    return head + UInt64(waiting.count) - 1
  }

  /// The reply to a command is ready.
  package mutating func answer(_ number: UInt64, into outgoing: inout ReplyBuffer, _ write: (inout ReplyBuffer) -> Void)
  {
    guard number == head else {
      var reply = ReplyBuffer()
      write(&reply)
      keptBytes += reply.count
      waiting[Int(number - head)] = reply
      return
    }
    write(&outgoing)
    advance()
    while case .some(.some(let ready)) = waiting.first {
      keptBytes -= ready.count
      outgoing.write(ready)
      advance()
    }
  }

  private mutating func advance() {
    waiting.removeFirst()
    head += 1
  }
}
