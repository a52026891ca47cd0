/// What a model is asked, without the model: the same request can be put to every model of a chain.
public struct ChatRequest: Sendable, Hashable, ExpressibleByStringInterpolation {
  /// One message of the conversation.
  public struct Message: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable, CaseIterable {
      case system, user, assistant
    }

    /// Who speaks.
    public var role: Role
    /// What is said.
    public var text: String

    /// A message.
    public init(_ role: Role, _ text: String) {
      self.role = role
      self.text = text
    }
  }

  /// The conversation, oldest first.
  public var messages: [Message]
  /// Tokens of the answer, at most; `nil`: the provider's own bound.
  public var maximumOutputTokens: Int64?
  /// From 0 (the same answer again) up to 2; `nil`: the provider's own.
  public var temperature: Double?
  /// Texts that end the answer. OpenAI's responses have no such field: there they are not sent.
  public var stop: [String]

  /// A request.
  public init(
    _ messages: [Message], maximumOutputTokens: Int64? = nil, temperature: Double? = nil, stop: [String] = []
  ) {
    self.messages = messages
    self.maximumOutputTokens = maximumOutputTokens
    self.temperature = temperature
    self.stop = stop
  }

  /// A single question.
  public init(_ prompt: String, maximumOutputTokens: Int64? = nil) {
    self.init([Message(.user, prompt)], maximumOutputTokens: maximumOutputTokens)
  }

  /// A single question.
  public init(stringLiteral prompt: String) {
    self.init(prompt)
  }

  /// Bytes of all messages, in UTF-8.
  public var bytes: Int { messages.reduce(0) { $0 + $1.text.utf8.count } }
}
