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

  @Test(arguments: [
    ("server_error", ErrorClass.transient), ("rate_limit_exceeded", .rateLimited), ("a_word_of_its_own", .transient),
    ("content_filter", .contentPolicy),
  ])
  func `an answer that failed is the same failure as a whole and in a stream`(
    _ code: String, _ expected: ErrorClass
  ) throws {
    let failed = #"{"id": "r", "status": "failed", "error": {"code": "\#(code)", "message": "x"}, "output": []}"#
    let whole = #expect(throws: CallFailure.self) { try ChatWire.openAIResponses.answer(Array(failed.utf8)) }
    var reader = ChatStreamReader(.openAIResponses)
    let event = #"data: {"type": "response.failed", "response": \#(failed)}"# + "\n\n"
    let streamed = #expect(throws: CallFailure.self) { try reader.read(event.utf8) }
    for failure in [whole, streamed] { #expect(failure?.errorClass == expected && failure?.status == 200) }
  }

  @Test(arguments: [
    (ChatWire.openAIResponses, #"{"type": "error", "code": "a_word_of_its_own", "message": "x"}"#),
    (.openAIChat, #"{"error": {"message": "x"}}"#), (.anthropicMessages, #"{"type": "error", "error": {}}"#),
  ])
  func `an error without a known name was an answer all the same`(_ wire: ChatWire, _ error: String) throws {
    let whole = #expect(throws: CallFailure.self) { try wire.answer(Array(error.utf8)) }
    var reader = ChatStreamReader(wire)
    let streamed = #expect(throws: CallFailure.self) { try reader.read("data: \(error)\n\n".utf8) }
    for failure in [whole, streamed] { #expect(failure?.errorClass == .transient && failure?.status == 200) }
  }
}
