package import LimiterCore

/// What ACQUIRE, PEEK and EXPLAIN are asked.
package struct AcquireArguments: Sendable, Hashable {
  package enum Hold: Sendable, Hashable {
    /// As long as the policy says.
    case policy
    /// No permit is kept.
    case none
    case milliseconds(Int64)
  }

  package var request: AdmissionRequest
  package var hold = Hold.policy
  /// How long to wait, in milliseconds; 0: it is decided once.
  package var wait: Int64 = 0
  /// The name under which the same answer comes again.
  package var operation: String?
  /// Whether the answer tells all that a client library needs to settle, and to say when to ask again.
  package var wantsDetails = false

  /// The longest WAIT and HOLD.
  static let longestMilliseconds = LimiterBounds.longestWindow.microsecondsRoundedUp / 1_000

  package init(_ command: WorkerCommand) throws(CommandError) {
    var reader = ArgumentReader(command)
    request = AdmissionRequest(model: try reader.text("a model's name"))
    while let keyword = try reader.keyword(repeatable: ["ATTR"]) {
      switch keyword {
      case "TOKENS": request.amounts.statedTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "INPUT": request.amounts.inputTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "OUTPUT": request.amounts.outputTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "MAX_OUTPUT": request.amounts.maximumOutputTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "COST": request.amounts.nanodollars = try reader.number(keyword, 0...LimiterBounds.amount)
      case "TENANT": request.tenant = try reader.text("a tenant's name")
      case "RUN": request.run = try reader.text("a run's name")
      case "ATTR": try readAttribute(&reader)
      case "PRIORITY": request.priority = Int(try reader.number(keyword, 1...10))
      case "WAIT": wait = try reader.number(keyword, 0...Self.longestMilliseconds)
      case "HOLD":
        let milliseconds = try reader.number(keyword, 0...Self.longestMilliseconds)
        hold = milliseconds == 0 ? .none : .milliseconds(milliseconds)
      case "DETAILS": wantsDetails = true
      case "ID": operation = try reader.text("an operation's name")
      default: throw reader.unexpected(keyword)
      }
    }
    // The sum of two amounts that can be counted may be none.
    if request.amounts.tokens > LimiterBounds.amount { request.amounts.statedTokens = LimiterBounds.amount }
  }

  private mutating func readAttribute(_ reader: inout ArgumentReader) throws(CommandError) {
    let name = try reader.text("an attribute's name")
    let value = try reader.text("an attribute's value")
    guard request.attributes.count < LimiterBounds.attributes else {
      throw reader.malformed("expected at most \(LimiterBounds.attributes) attributes, more came")
    }
    guard request.attributes.updateValue(value, forKey: name) == nil else {
      throw reader.malformed("an attribute is given twice")
    }
  }
}
