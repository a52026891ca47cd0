import DequeModule

/// The last answers of a session to commands with an ID: asked again, the same answer comes again.
package struct AnswerMemory {
  private var answers: [ExactName: ReplyBuffer] = [:]
  private var order: Deque<ExactName> = []
  private let bound: Int

  package init(bound: Int = DaemonBounds.answers) {
    self.bound = bound
  }

  package subscript(operation: String) -> ReplyBuffer? { answers[ExactName(operation)] }

  /// Remembers an answer, and forgets the oldest above the bound.
  package mutating func remember(_ operation: String, _ reply: ReplyBuffer) {
    let operation = ExactName(operation)
    if answers.updateValue(reply, forKey: operation) == nil { order.append(operation) }
    while order.count > bound, let oldest = order.popFirst() { answers[oldest] = nil }
  }
}
