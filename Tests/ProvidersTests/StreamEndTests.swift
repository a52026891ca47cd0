import Resilience
import Testing

@testable import Providers

/// Streams that end in another way than with an answer.
@Suite struct StreamEndTests {
  @Test(arguments: [
    (
      ChatWire.openAIChat,
      """
      data: {"choices": [{"delta": {"refusal": "I can"}}]}

      data: {"choices": [{"delta": {"refusal": "not"}}]}

      data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}

      data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}

      data: [DONE]


      """
    ),
    (
      .openAIResponses,
      """
      data: {"type": "response.refusal.delta", "delta": "I cannot"}

      data: {"type": "response.completed", "response": {"status": "completed", "usage": {"input_tokens": 9, "output_tokens": 2}}}


      """
    ),
    (
      .anthropicMessages,
      """
      data: {"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}}

      data: {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {"output_tokens": 2}}

      data: {"type": "message_stop"}


      """
    ),
  ])
  func `a refusal in a stream is one when the stream has ended`(_ wire: ChatWire, _ text: String) throws {
    var reader = ChatStreamReader(wire)
    let piece = try reader.read(text.utf8)
    #expect(piece.isEmpty)
    let failure = #expect(throws: CallFailure.self) { try reader.end() }
    #expect(failure?.errorClass == .contentPolicy)
    #expect((failure?.cause as? Refusal)?.usage == TokenUsage(input: 9, output: 2))
  }
}
