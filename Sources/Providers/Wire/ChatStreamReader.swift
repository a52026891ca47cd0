internal import Resilience

/// Reads an answer that comes in pieces.
public struct ChatStreamReader: Sendable {
  struct State: Sendable {
    var id: String?
    var usage: TokenUsage?
    var counts = AnthropicMessages.Counts()
    var finish = ChatAnswer.Finish.complete
    /// The end was announced: the answer is whole.
    var isEnded = false
  }

  private let wire: ChatWire
  private var events = EventStreamReader()
  private var state = State()
  /// All text so far.
  public private(set) var text = ""

  /// A reader of one answer.
  public init(_ wire: ChatWire) {
    self.wire = wire
  }

  /// The text that bytes bring; empty when they hold none.
  ///
  /// - Throws: `CallFailure` when the provider ends the answer with an error, or an event is not readable.
  public mutating func read(_ bytes: some Sequence<UInt8>) throws -> String {
    var piece = ""
    for event in try events.read(bytes) {
      if event == Array("[DONE]".utf8) {
        state.isEnded = true
        continue
      }
      guard let object = JSONBody(event) else {
        throw CallFailure(.streamBroken, message: "expected JSON in an event of the stream, got something else")
      }
      if let failure = ChatWire.failure(object, event) { throw failure }
      let new: String? =
        switch wire {
        case .openAIChat: OpenAIChat.read(object, into: &state)
        case .openAIResponses: OpenAIResponses.read(object, into: &state)
        case .anthropicMessages: AnthropicMessages.read(object, into: &state)
        }
      // Also where an error follows in the same bytes.
      piece += new ?? ""
      text += new ?? ""
    }
    return piece
  }

  /// What is known of the usage so far; of a stream that was cut, the output may be missing or too small.
  public var usage: TokenUsage? { state.usage }

  /// The whole answer, when the stream has ended.
  ///
  /// - Throws: `CallFailure`: `streamBroken` when the end was not announced, `contentPolicy` when the model refused.
  public func end() throws -> ChatAnswer {
    guard state.isEnded else {
      throw CallFailure(
        .streamBroken, message: "the stream ended before the answer did, after \(text.utf8.count) bytes")
    }
    if case .other(let word) = state.finish, ChatWire.refusals.contains(word) {
      throw Refusal(usage: state.usage).failure
    }
    return ChatAnswer(text: text, finish: state.finish, usage: state.usage, id: state.id)
  }
}
