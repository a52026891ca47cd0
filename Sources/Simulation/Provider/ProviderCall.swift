import Foundation

/// A call as the simulated provider understands it.
///
/// A real provider counts the tokens of the messages and decides itself how much it writes. The simulated one counts four bytes as a token, and
/// may be told both, so that a trace can be replayed: `input_tokens` and `output_tokens` beside the usual keys are then the true counts.
/// `granted_at_us` is when the limiter decided, in microseconds since 1970; it shows in the report how long calls are on their way.
struct ProviderCall: Sendable {
  var model: String
  var inputTokens: Int64
  var outputTokens: Int64
  var isStream: Bool
  /// Whether a stream ends with its usage.
  var includesUsage: Bool
  /// The bound on the output is smaller than what it would write.
  var isCut: Bool
  var grantedAt: Int64?
  /// Who made it, as far as it says so.
  var user: String?

  /// `nil`: it makes no sense.
  init?(_ body: Data, outputTokens usual: Int64) {
    guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any],
      let model = object["model"] as? String
    else { return nil }
    func number(_ key: String) -> Int64? { (object[key] as? NSNumber).flatMap { Int64(exactly: $0.doubleValue) } }
    let bounds = ["max_completion_tokens", "max_tokens", "max_output_tokens"].compactMap(number)
    guard bounds.allSatisfy({ $0 > 0 }) else { return nil }
    let messages = (object["messages"] ?? object["input"]) as? [[String: Any]]
    if let told = number("input_tokens") {
      inputTokens = told
    } else {
      guard messages != nil || object["input"] is String else { return nil }
      let texts =
        (messages ?? []).compactMap { $0["content"] as? String }
        + [object["input"], object["system"]].compactMap { $0 as? String }
      inputTokens = texts.reduce(0) { $0 + Int64($1.utf8.count + 3) / 4 + 4 }
    }
    let wanted = number("output_tokens") ?? usual
    let bound = bounds.max() ?? .max
    outputTokens = number("output_tokens") ?? min(wanted, bound)
    isCut = outputTokens < wanted
    guard inputTokens >= 0, outputTokens >= 0, inputTokens <= 1 << 40, outputTokens <= 1 << 40 else { return nil }
    self.model = model
    isStream = object["stream"] as? Bool ?? false
    includesUsage = (object["stream_options"] as? [String: Any])?["include_usage"] as? Bool ?? false
    grantedAt = number("granted_at_us")
    user = object["user"] as? String ?? (object["metadata"] as? [String: Any])?["user_id"] as? String
  }

  /// Four bytes for a token, up to a bound.
  var text: String {
    String(
      String(repeating: "so it is ", count: Int(min(outputTokens, 8_192)) * 4 / 9 + 1).prefix(
        Int(min(outputTokens, 8_192)) * 4))
  }
}
