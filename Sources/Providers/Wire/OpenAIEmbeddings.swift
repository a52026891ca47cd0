internal import Resilience

/// OpenAI's embeddings.
public enum OpenAIEmbeddings {
  /// The path behind a base URL.
  public static let path = "/embeddings"

  /// The body of a request, as JSON.
  ///
  /// - Throws: a `CallFailure` of the class `callerError` when there is nothing to embed.
  public static func body(_ texts: [String], model: String) throws -> [UInt8] {
    guard !texts.isEmpty, !texts.contains("") else {
      throw CallFailure(.callerError, message: "expected at least one text and none that is empty")
    }
    return try JSONBody.encode(["model": model, "input": texts, "encoding_format": "float"])
  }

  /// The vectors in the order of the texts, and what they used.
  ///
  /// - Throws: a `CallFailure` of the class `transient` when it is no such answer.
  public static func answer(_ body: [UInt8], count: Int) throws -> (vectors: [[Double]], usage: TokenUsage?) {
    let object = JSONBody(body)
    var vectors = [[Double]?](repeating: nil, count: count)
    for entry in object?.list("data") ?? [] {
      guard let index = entry.number("index"), vectors.indices.contains(Int(index)) else { continue }
      vectors[Int(index)] = entry.numbers("embedding")
    }
    let whole = vectors.compactMap { $0 }
    guard whole.count == count, count > 0 else {
      throw CallFailure(.transient, message: "expected \(count) embeddings, got \(whole.count)")
    }
    let used = TokenUsage(input: object?["usage"]?.number("prompt_tokens"), output: 0, cachedInput: nil)
    return (whole, used)
  }
}
