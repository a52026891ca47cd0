import LimiterClient
import LimiterCore

/// What SETTLE is asked.
struct SettleArguments: Hashable {
  var permit: String
  /// What was used; `nil`: unknown, the permit ends as abandoned.
  var usage: Usage?

  /// Bytes of a permit's id, at most: a session, and a percent-encoded model.
  static let permitBytes = 1...(4 * LimiterBounds.name)

  init(_ command: WorkerCommand) throws(CommandError) {
    var reader = ArgumentReader(command)
    permit = try reader.text("a permit's id", bytes: Self.permitBytes)
    var usage = Usage()
    var isUnknown = false
    while let keyword = try reader.keyword() {
      switch keyword {
      case "INPUT": usage.inputTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "OUTPUT": usage.outputTokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "TOKENS": usage.tokens = try reader.number(keyword, 0...LimiterBounds.amount)
      case "COST": usage.nanodollars = try reader.number(keyword, 0...LimiterBounds.amount)
      case "UNKNOWN": isUnknown = true
      default: throw reader.unexpected(keyword)
      }
    }
    guard !isUnknown || usage == Usage() else {
      throw reader.malformed("expected amounts or UNKNOWN, both came")
    }
    self.usage = isUnknown ? nil : usage
  }
}
