/// What a window of the simulation counts.
package enum AmountUnit: String, Codable, Sendable, CaseIterable {
  case requests
  case tokens
  case inputTokens = "input_tokens"
  case outputTokens = "output_tokens"

  package func amount(of call: TraceCall) -> Int64 { amount(input: call.inputTokens, output: call.outputTokens) }

  package func amount(input: Int64, output: Int64) -> Int64 {
    switch self {
    case .requests: 1
    case .tokens: input + output
    case .inputTokens: input
    case .outputTokens: output
    }
  }
}
