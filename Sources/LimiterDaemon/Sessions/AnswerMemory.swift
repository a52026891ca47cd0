import DequeModule

/// The last answers of a session to commands with an ID: asked again, the same answer comes again.
package struct AnswerMemory {
  private var answers: [ExactName: ReplyBuffer] = [:]
  private var order: Deque<ExactName> = []
  private var bytes = 0
  private let bound: Int
  private let byteBound: Int

  package init(bound: Int = DaemonBounds.answers, byteBound: Int = DaemonBounds.answerBytes) {
    self.bound = bound
    self.byteBound = byteBound
  }

  package subscript(operation: String) -> ReplyBuffer? { answers[ExactName(operation)] }

  /// Remembers an answer, and forgets the oldest above the bounds: it may be this one.
  package mutating func remember(_ operation: String, _ reply: ReplyBuffer) {
    let operation = ExactName(operation)
    bytes += reply.count
    if let former = answers.updateValue(reply.trimmed, forKey: operation) {
      bytes -= former.count
    } else {
      order.append(operation)
      bytes += operation.count
    }
    while order.count > bound || bytes > byteBound, let oldest = order.popFirst() {
      bytes -= oldest.count + (answers.removeValue(forKey: oldest)?.count ?? 0)
    }
  }
}
