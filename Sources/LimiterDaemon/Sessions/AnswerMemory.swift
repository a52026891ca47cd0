import DequeModule
package import NIOCore

/// The last answers of a session to commands with an ID: asked again, the same answer comes again.
package struct AnswerMemory {
  private var answers: [String: ByteBuffer] = [:]
  private var order: Deque<String> = []
  private let bound: Int

  package init(bound: Int = DaemonBounds.answers) {
    self.bound = bound
  }

  package subscript(operation: String) -> ByteBuffer? { answers[operation] }

  /// Remembers an answer, and forgets the oldest above the bound.
  package mutating func remember(_ operation: String, _ reply: ByteBuffer) {
    if answers.updateValue(reply, forKey: operation) == nil { order.append(operation) }
    while order.count > bound, let oldest = order.popFirst() { answers[oldest] = nil }
  }
}
