import Providers
import Synchronization

/// Learns per model how many bytes a token has, how long answers are, and how long they take.
///
/// Input: bytes / (bytes per token), a moving average that begins at 4 (OpenAI's rule of thumb for English). Output: what is asked for, or the
/// 90th percentile of the last answers; until there are some, a fixed number.
final class TokenEstimator: Sendable {
  /// Before anything is learned.
  static let bytesPerToken = 4.0
  /// Tokens around each message.
  static let perMessage: Int64 = 4
  /// What one call moves the average.
  private static let weight = 0.1
  /// Answers that are remembered.
  private static let remembered = 256
  /// Answers from which the percentile says something.
  private static let least = 20
  static let firstOutput: Int64 = 1_024

  private struct Model {
    var bytesPerToken = TokenEstimator.bytesPerToken
    var outputs: [Int64] = []
    var next = 0
    /// What answers took, and how long they were, on average.
    var time: Duration?
    var output = 0.0
  }

  private let models = Mutex<[String: Model]>([:])

  func input(_ request: ChatRequest, model: String) -> Int64 {
    let bytesPerToken = models.withLock { $0[model]?.bytesPerToken ?? Self.bytesPerToken }
    return Int64((Double(request.bytes) / bytesPerToken).rounded(.up)) + Self.perMessage * Int64(request.messages.count)
  }

  /// Tokens of an answer whose model has bounds of its own.
  func output(_ request: ChatRequest, model: ModelFacts) -> Int64 {
    let longest = model.longestOutput ?? .max
    if let asked = request.maximumOutputTokens { return min(asked, longest) }
    let learned = models.withLock { models -> Int64? in
      guard let outputs = models[model.name]?.outputs, outputs.count >= Self.least else { return nil }
      // The smallest that is not below 90 % of them.
      return outputs.sorted()[(outputs.count * 9 + 9) / 10 - 1]
    }
    return min(max(learned ?? Self.firstOutput, 1), longest)
  }

  /// Tokens that a text has.
  func tokens(bytes: Int, model: String) -> Int64 {
    let bytesPerToken = models.withLock { $0[model]?.bytesPerToken ?? Self.bytesPerToken }
    return Int64((Double(bytes) / bytesPerToken).rounded(.up))
  }

  /// What an answer of so many tokens takes, generously: twice what such answers took; nothing is known of it before the first one.
  func time(output: Int64, model: String) -> Duration {
    models.withLock { models in
      guard let facts = models[model], let time = facts.time else { return .zero }
      let share = min(max(Double(output) / max(facts.output, 1), 1), 4)
      return time * (2 * share)
    }
  }

  func learn(_ time: Duration, output: Int64, model: String) {
    models.withLock { models in
      var facts = models[model] ?? Model()
      let known = facts.time ?? time
      facts.output = facts.time == nil ? Double(output) : facts.output + (Double(output) - facts.output) * Self.weight
      facts.time = known + (time - known) * Self.weight
      models[model] = facts
    }
  }

  func learn(_ usage: TokenUsage, _ request: ChatRequest, model: String) {
    models.withLock { models in
      var facts = models[model] ?? Model()
      let counted = usage.input - Self.perMessage * Int64(request.messages.count)
      // A short question says little, and hidden instructions of the provider would count as its tokens.
      if counted >= 16, request.bytes >= 64 {
        let seen = min(max(Double(request.bytes) / Double(counted), 0.5), 16)
        facts.bytesPerToken += Self.weight * (seen - facts.bytesPerToken)
      }
      if facts.outputs.count < Self.remembered {
        facts.outputs.append(usage.output)
      } else {
        facts.outputs[facts.next] = usage.output
        facts.next = (facts.next + 1) % Self.remembered
      }
      models[model] = facts
    }
  }
}
