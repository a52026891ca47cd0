import LimiterCore

/// What `/v1/settle`, `/v1/cancel` and `/v1/renew` are asked, as the words of SETTLE, CANCEL and RENEW.
enum SettleBody {
  private static let numbers = [
    ("input_tokens", "INPUT"), ("output_tokens", "OUTPUT"), ("tokens", "TOKENS"), ("cost_nanodollars", "COST"),
  ]

  static let cancelNames = ["permit"]
  static let renewNames = cancelNames + ["hold_ms"]
  static let names = cancelNames + numbers.map(\.0) + ["unknown"]

  static func settle(_ fields: RequestFields) throws(HTTPProblem) -> WorkerCommand {
    var words = [Array(try fields.requiredText("permit", bytes: SettleArguments.permitBytes).utf8)]
    for (field, keyword) in numbers {
      if let number = try fields.number(field, 0...LimiterBounds.amount) {
        words += [Array(keyword.utf8), Array(String(number).utf8)]
      }
    }
    if try fields.flag("unknown") {
      guard words.count == 1 else {
        throw RequestFields.malformed("expected amounts or `unknown`, both came")
      }
      words.append(Array("UNKNOWN".utf8))
    }
    return WorkerCommand(name: "SETTLE", arguments: WorkerWords(words))
  }

  static func cancel(_ fields: RequestFields) throws(HTTPProblem) -> WorkerCommand {
    let permit = try fields.requiredText("permit", bytes: SettleArguments.permitBytes)
    return WorkerCommand(name: "CANCEL", arguments: WorkerWords([Array(permit.utf8)]))
  }

  static func renew(_ fields: RequestFields) throws(HTTPProblem) -> WorkerCommand {
    var words = [Array(try fields.requiredText("permit", bytes: SettleArguments.permitBytes).utf8)]
    if let hold = try fields.number("hold_ms", 1...AcquireArguments.longestMilliseconds) {
      words += [Array("HOLD".utf8), Array(String(hold).utf8)]
    }
    return WorkerCommand(name: "RENEW", arguments: WorkerWords(words))
  }
}
