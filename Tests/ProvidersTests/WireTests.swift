import Foundation
import Resilience
import Testing

@testable import Providers

/// Bodies and streams as the providers write them, and as they should not.
@Suite struct WireTests {
  private static func object(_ body: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
  }

  private static let request = ChatRequest(
    [.init(.system, "Be short."), .init(.user, "Héllo \"you\""), .init(.assistant, "Yes?"), .init(.user, "Go\n on")],
    maximumOutputTokens: 50, temperature: 0.5, stop: ["END"])

  @Test(arguments: [false, true])
  func aRequestHasTheFormOfItsProvider(_ isStream: Bool) throws {
    let chat = try Self.object(try ChatWire.openAIChat.body(Self.request, model: "m", isStream: isStream))
    #expect((chat["messages"] as? [[String: String]])?.map { $0["role"] } == ["system", "user", "assistant", "user"])
    #expect((chat["messages"] as? [[String: String]])?[1]["content"] == "Héllo \"you\"")
    #expect(chat["max_completion_tokens"] as? Int == 50 && chat["stop"] as? [String] == ["END"])
    #expect(chat["stream"] as? Bool == (isStream ? true : nil))
    #expect((chat["stream_options"] as? [String: Bool])?["include_usage"] == (isStream ? true : nil))

    let responses = try Self.object(try ChatWire.openAIResponses.body(Self.request, model: "m", isStream: isStream))
    #expect(responses["max_output_tokens"] as? Int == 50 && responses["store"] as? Bool == false)

    let messages = try Self.object(try ChatWire.anthropicMessages.body(Self.request, model: "m", isStream: isStream))
    #expect(messages["system"] as? String == "Be short." && messages["max_tokens"] as? Int == 50)
    #expect((messages["messages"] as? [Any])?.count == 3 && messages["stop_sequences"] as? [String] == ["END"])
  }

  @Test(arguments: ChatWire.allCases)
  func aRequestThatMakesNoSenseIsNotWritten(_ wire: ChatWire) {
    var (cold, short) = (Self.request, Self.request)
    cold.temperature = -1
    short.maximumOutputTokens = 0
    for bad in [ChatRequest([]), ChatRequest([.init(.system, "only")]), cold, short] {
      let failure = #expect(throws: CallFailure.self) { try wire.body(bad, model: "m", isStream: false) }
      #expect(failure?.errorClass == .callerError)
    }
  }

  private static let answers: [(wire: ChatWire, body: String, answer: ChatAnswer)] = [
    (
      .openAIChat,
      #"{"id": "c1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}}"#,
      ChatAnswer(text: "hi", usage: TokenUsage(input: 9, output: 2, cachedInput: 4), id: "c1")
    ),
    (
      .openAIChat, #"{"choices": [{"message": {"content": "h"}, "finish_reason": "length"}]}"#,
      ChatAnswer(text: "h", finish: .length)
    ),
    (
      .openAIResponses,
      #"{"id": "r1", "status": "completed", "output": [{"type": "reasoning"}, {"type": "message", "content": [{"type": "output_text", "text": "h"}, {"type": "output_text", "text": "i"}]}], "usage": {"input_tokens": 9, "output_tokens": 2}}"#,
      ChatAnswer(text: "hi", usage: TokenUsage(input: 9, output: 2), id: "r1")
    ),
    (
      .openAIResponses,
      #"{"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []}"#,
      ChatAnswer(text: "", finish: .length)
    ),
    (
      .anthropicMessages,
      #"{"type": "message", "id": "m1", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 7}}"#,
      ChatAnswer(text: "hi", usage: TokenUsage(input: 15, output: 2, cachedInput: 7), id: "m1")
    ),
    (
      .anthropicMessages, #"{"type": "message", "content": [], "stop_reason": "max_tokens"}"#,
      ChatAnswer(text: "", finish: .length)
    ),
  ]

  @Test(arguments: answers.indices)
  func anAnswerIsRead(_ index: Int) throws {
    let (wire, body, answer) = Self.answers[index]
    #expect(try wire.answer(Array(body.utf8)) == answer)
  }

  @Test(arguments: [
    "{\"prompt_tokens\": -5, \"completion_tokens\": 2}", "{\"prompt_tokens\": 5}",
    "{\"prompt_tokens\": 1.5, \"completion_tokens\": 2}",
    "{\"prompt_tokens\": \"5\", \"completion_tokens\": 2}", "null", "[]",
    "{\"prompt_tokens\": 1e30, \"completion_tokens\": 2}",
  ])
  func usageThatMakesNoSenseIsNone(_ usage: String) throws {
    let body = "{\"choices\": [{\"message\": {\"content\": \"hi\"}, \"finish_reason\": \"stop\"}], \"usage\": \(usage)}"
    #expect(try ChatWire.openAIChat.answer(Array(body.utf8)).usage == nil)
  }

  @Test func whatIsNoAnswerIsAFailure() throws {
    for wire in ChatWire.allCases {
      for body in ["", "<html>", "[]", "{}", "{\"choices\": []}", "{\"output\": [{}]}", "{\"type\": \"error\"}"] {
        let failure = #expect(throws: CallFailure.self, "\(wire) \(body)") { try wire.answer(Array(body.utf8)) }
        #expect(failure?.errorClass == .transient, "\(wire) \(body)")
      }
    }
    let refused =
      #"{"choices": [{"message": {"content": null, "refusal": "no"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}"#
    let failure = #expect(throws: CallFailure.self) { try ChatWire.openAIChat.answer(Array(refused.utf8)) }
    #expect(failure?.errorClass == .contentPolicy)
    #expect((failure?.cause as? Refusal)?.usage == TokenUsage(input: 9, output: 2))
  }

  @Test func `what is counted in the total alone is output`() throws {
    for (total, output) in [(1_374, 1_095), (285, 6), (3, 6), (-1, 6)] as [(Int64, Int64)] {
      let body =
        #"{"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 279, "completion_tokens": 6, "total_tokens": \#(total)}}"#
      let answer = try ChatWire.openAIChat.answer(Array(body.utf8))
      #expect(answer.usage == TokenUsage(input: 279, output: output), "\(total)")
    }
  }

  @Test func `an answer without text is one, and tells its usage`() throws {
    let chat =
      #"{"choices": [{"message": {"content": null}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 10, "completion_tokens": 0}}"#
    let responses =
      #"{"status": "completed", "output": [{"type": "reasoning"}], "usage": {"input_tokens": 10, "output_tokens": 0}}"#
    for (wire, body) in [(ChatWire.openAIChat, chat), (.openAIResponses, responses)] {
      let answer = try wire.answer(Array(body.utf8))
      #expect(answer.text == "" && answer.usage == TokenUsage(input: 10, output: 0))
    }
  }

  @Test func `text is kept also where an error comes in the same bytes`() throws {
    let events =
      #"data: {"type": "content_block_delta", "delta": {"text": "half"}}"# + "\n\n"
      + #"data: {"type": "error", "error": {"type": "overloaded_error"}}"# + "\n\n"
    var reader = ChatStreamReader(.anthropicMessages)
    #expect(throws: CallFailure.self) { try reader.read(events.utf8) }
    #expect(reader.text == "half")
  }

  @Test func `an empty refusal is none`() throws {
    let whole =
      #"{"choices": [{"message": {"content": "yes", "refusal": ""}, "finish_reason": "stop"}]}"#
    let answer = try ChatWire.openAIChat.answer(Array(whole.utf8))
    #expect(answer.text == "yes" && answer.finish == .complete)
    let events =
      #"data: {"choices": [{"delta": {"content": "ye", "refusal": ""}}]}"# + "\n\n"
      + #"data: {"choices": [{"delta": {"content": "s", "refusal": null}}]}"# + "\n\n"
      + #"data: {"choices": [{"delta": {"refusal": ""}, "finish_reason": "stop"}]}"# + "\n\ndata: [DONE]\n\n"
    var reader = ChatStreamReader(.openAIChat)
    #expect(try reader.read(events.utf8) == "yes")
    #expect(try reader.end().finish == .complete)
  }

  // MARK: Streams

  private static let streams: [(wire: ChatWire, text: String, usage: TokenUsage)] = [
    (
      .openAIChat,
      """
      : a comment\r
      data: {"id": "c1", "choices": [{"delta": {"role": "assistant"}}]}\r
      \r
      data: {"id": "c1", "choices": [{"delta": {"content": "hé"}}]}

      data:{"id": "c1", "choices": [{"delta": {"content": "llo \\u00fc"}}]}

      data: {"id": "c1", "choices": [{"delta": {}, "finish_reason": "stop"}]}

      data: {"id": "c1", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}

      data: [DONE]


      """, TokenUsage(input: 9, output: 2)
    ),
    (
      .openAIResponses,
      """
      event: response.created
      data: {"type": "response.created", "response": {"id": "c1"}}

      data: {"type": "response.output_text.delta", "delta": "hé"}

      data: {"type": "response.output_text.delta",
      data:  "delta": "llo ü"}

      data: {"type": "response.completed", "response": {"status": "completed", "usage": {"input_tokens": 9, "output_tokens": 2}}}


      """, TokenUsage(input: 9, output: 2)
    ),
    (
      .anthropicMessages,
      """
      event: message_start
      data: {"type": "message_start", "message": {"id": "c1", "usage": {"input_tokens": 4, "cache_read_input_tokens": 5, "output_tokens": 1}}}

      data: {"type": "ping"}

      data: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hé"}}

      data: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "llo ü"}}

      data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}

      data: {"type": "message_stop"}


      """, TokenUsage(input: 9, output: 2, cachedInput: 5)
    ),
  ]

  @Test(arguments: streams.indices)
  func aStreamIsTheSameHoweverItIsCutIntoPieces(_ index: Int) throws {
    let (wire, text, usage) = Self.streams[index]
    let bytes = Array(text.utf8)
    for cut in bytes.indices {
      var reader = ChatStreamReader(wire)
      let first = try reader.read(bytes[..<cut])
      let second = try reader.read(bytes[cut...])
      #expect(first + second == "héllo ü" && reader.text == "héllo ü", "cut at \(cut)")
      #expect(try reader.end() == ChatAnswer(text: "héllo ü", usage: usage, id: "c1"))
    }
    var reader = ChatStreamReader(wire)
    for byte in bytes { _ = try reader.read(CollectionOfOne(byte)) }
    #expect(try reader.end().text == "héllo ü")
  }

  @Test(arguments: streams.indices)
  func aStreamThatEndsTooSoonIsBrokenAndKeepsWhatCame(_ index: Int) throws {
    let (wire, text, _) = Self.streams[index]
    let bytes = Array(text.utf8)
    var (broken, longest) = (0, 0)
    for cut in bytes.indices {
      var reader = ChatStreamReader(wire)
      _ = try reader.read(bytes[..<cut])
      do { _ = try reader.end() } catch let failure as CallFailure {
        #expect(failure.errorClass == .streamBroken)
        broken += 1
        longest = max(longest, reader.text.utf8.count)
      }
    }
    #expect(broken > bytes.count / 2 && longest == "héllo ü".utf8.count)
  }

  @Test(arguments: [
    (
      ChatWire.anthropicMessages,
      "data: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"x\"}}\n\n",
      ErrorClass.overloaded
    ),
    (.openAIChat, "data: {\"error\": {\"type\": \"server_error\", \"message\": \"x\"}}\n\n", .transient),
    (.openAIChat, "data: <html>\n\n", .streamBroken), (.openAIChat, "data: [1]\n\n", .streamBroken),
  ])
  func anErrorInTheStreamEndsIt(_ wire: ChatWire, _ event: String, _ expected: ErrorClass) {
    var reader = ChatStreamReader(wire)
    let failure = #expect(throws: CallFailure.self) { try reader.read(event.utf8) }
    #expect(failure?.errorClass == expected, "\(String(describing: failure))")
  }

  @Test func anEventWithoutEndIsBounded() {
    var reader = ChatStreamReader(.openAIChat)
    let failure = #expect(throws: CallFailure.self) {
      _ = try reader.read(Array("data: ".utf8))
      for _ in 0..<6 { _ = try reader.read([UInt8](repeating: 0x61, count: 1 << 20)) }
    }
    #expect(failure?.errorClass == .streamBroken)
  }

  @Test func embeddingsComeInTheOrderOfTheTexts() throws {
    let body =
      #"{"data": [{"index": 1, "embedding": [2, 3]}, {"index": 0, "embedding": [1.5]}], "usage": {"prompt_tokens": 4}}"#
    let (vectors, usage) = try OpenAIEmbeddings.answer(Array(body.utf8), count: 2)
    #expect(vectors == [[1.5], [2, 3]] && usage == TokenUsage(input: 4, output: 0))
    for count in [0, 1, 3] {
      #expect(throws: CallFailure.self, "\(count)") {
        try OpenAIEmbeddings.answer(Array("{\"data\": []}".utf8), count: count)
      }
    }
    #expect(throws: CallFailure.self) { try OpenAIEmbeddings.answer(Array(body.utf8), count: 3) }
    #expect(throws: CallFailure.self) { try OpenAIEmbeddings.body([], model: "m") }
    #expect(throws: CallFailure.self) { try OpenAIEmbeddings.body(["a", ""], model: "m") }
  }
}
