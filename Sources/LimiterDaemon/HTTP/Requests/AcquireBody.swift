import LimiterCore

/// What `/v1/acquire` and `/v1/explain` are asked, as the words of ACQUIRE and EXPLAIN.
enum AcquireBody {
  /// Fields with a number, each with its keyword and its range.
  private static let numbers: [(field: String, keyword: String, range: ClosedRange<Int64>)] = [
    ("tokens", "TOKENS", 0...LimiterBounds.amount), ("input_tokens", "INPUT", 0...LimiterBounds.amount),
    ("output_tokens", "OUTPUT", 0...LimiterBounds.amount),
    ("max_output_tokens", "MAX_OUTPUT", 0...LimiterBounds.amount),
    ("cost_nanodollars", "COST", 0...LimiterBounds.amount),
    ("priority", "PRIORITY", 1...10), ("wait_ms", "WAIT", 0...AcquireArguments.longestMilliseconds),
    ("hold_ms", "HOLD", 0...AcquireArguments.longestMilliseconds),
  ]
  private static let texts = [("tenant", "TENANT"), ("run", "RUN"), ("id", "ID")]

  static let names = ["model"] + numbers.map(\.field) + texts.map(\.0) + ["attributes"]
  /// Of a call that is only looked at.
  static let explainNames = names.filter { !["wait_ms", "hold_ms", "id"].contains($0) }

  static func command(_ name: String, _ fields: RequestFields) throws(HTTPProblem) -> WorkerCommand {
    var words = [Array(try fields.requiredText("model").utf8)]
    func append(_ keyword: String, _ texts: String...) {
      words.append(Array(keyword.utf8))
      words += texts.map { Array($0.utf8) }
    }
    for (field, keyword, range) in numbers {
      if let number = try fields.number(field, range) { append(keyword, String(number)) }
    }
    for (field, keyword) in texts {
      if let text = try fields.text(field) { append(keyword, text) }
    }
    for attribute in try fields.texts("attributes", atMost: LimiterBounds.attributes) {
      append("ATTR", attribute.name, attribute.value)
    }
    return WorkerCommand(name: name, arguments: WorkerWords(words))
  }
}
