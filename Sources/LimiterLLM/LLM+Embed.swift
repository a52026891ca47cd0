public import Providers

/// Vectors of texts, who gave them, and what it took.
public struct EmbeddingAnswer: Sendable {
  /// One for each text, in their order.
  public var vectors: [[Double]]
  /// The model.
  public var model: String
  /// What the call used.
  public var usage: TokenUsage?
  /// Whether the provider did not say what was used, so that it was charged as estimated.
  public var isUsageEstimated: Bool
  /// What all attempts cost together, in nanodollars.
  public var nanodollars: Int64
  /// All attempts, first one first.
  public var attempts: [LLMAttempt]
}

extension LLM {
  /// Asks for embeddings of texts, within the limits and the budget, with retries; of one model, because vectors of two cannot be compared.
  ///
  /// - Parameters:
  ///   - texts: at least one, none of them empty.
  ///   - model: of a provider that speaks as OpenAI does, such as `text-embedding-3-small`.
  ///   - run, tenant, attributes, priority, deadline: as ``complete(_:chain:run:tenant:attributes:priority:deadline:)``.
  /// - Throws: ``LLMError``; `CancellationError`: then nothing is held, and what was sent is charged.
  public func embed(
    _ texts: [String], model: String, run: String? = nil, tenant: String? = nil, attributes: [String: String] = [:],
    priority: Int = 5, deadline: Duration = .seconds(60)
  ) async throws -> EmbeddingAnswer {
    guard !texts.isEmpty, !texts.contains("") else {
      throw LLMError(.invalidRequest, "expected at least one text and none that is empty")
    }
    guard try ModelFacts(model, settings).wire != .anthropicMessages else {
      throw LLMError(.invalidEndpoint, "model `\(model)`: its provider has no embeddings")
    }
    let vectors = Vectors()
    // The texts as messages, for the estimate; an answer has no tokens.
    let request = ChatRequest(texts.map { ChatRequest.Message(.user, $0) }, maximumOutputTokens: 0)
    let call = LLMCall(
      request: request, kind: .embeddings(texts, vectors), chain: [model], run: run, tenant: tenant,
      attributes: attributes, priority: priority, end: LLMCall.end(after: deadline))
    let answer = try await perform(call)
    return EmbeddingAnswer(
      vectors: vectors.all, model: model, usage: answer.usage, isUsageEstimated: answer.isUsageEstimated,
      nanodollars: answer.nanodollars, attempts: answer.attempts)
  }
}
