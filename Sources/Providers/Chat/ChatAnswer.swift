/// What a model answered.
public struct ChatAnswer: Sendable, Hashable {
  /// Why an answer ended.
  public enum Finish: Sendable, Hashable {
    /// The model had no more to say.
    case complete
    /// The bound of output tokens was reached: the text is cut.
    case length
    /// Another reason, in the provider's word.
    case other(String)
  }

  /// The text.
  public var text: String
  /// Why it ended.
  public var finish: Finish
  /// What it used; `nil`: the provider did not say, or said nonsense.
  public var usage: TokenUsage?
  /// The provider's name of the answer.
  public var id: String?

  /// An answer.
  public init(text: String, finish: Finish = .complete, usage: TokenUsage? = nil, id: String? = nil) {
    self.text = text
    self.finish = finish
    self.usage = usage
    self.id = id
  }
}
