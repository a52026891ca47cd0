import ArgumentParser
import LimiterClient
import LimiterCore

/// `limiterctl limits`.
struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits", abstract: "The limits, and what is used of them.",
    discussion: """
      Of limiterd: all rules, or those that calls of a model meet. With --config straight from Redis: the limits that a call of the model meets, with --tenant, --run and --attribute.
      """)

  @Argument(help: "A model; left out, all rules.")
  var model: String?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var redis: DirectOptions

  func validate() throws {
    try daemon.validate(besideDirect: redis.policy.config != nil)
    if redis.policy.config != nil, model == nil { throw ValidationError("straight from Redis, expected a model") }
    if redis.policy.config == nil, !redis.call.isEmpty {
      throw ValidationError(
        "--tenant, --run and --attribute count with --config only: `explain` asks limiterd for such a call")
    }
  }

  func run() async throws {
    if let model, redis.policy.config != nil {
      let request = redis.request(model: model)
      let statuses = try await redis.withLimiter { limiter, _ in
        try await limiter.usage(of: request, namesAll: false)
      }
      let answer = Answer.list(statuses.map { Answer($0) })
      return try Output.print(daemon.json ? try JSONText.make(answer, .records) : Self.table(ofCall: answer))
    }
    let answer = try await daemon.ask(["LIMITS"] + (model.map { [$0] } ?? []))
    try Output.print(daemon.json ? try JSONText.make(answer, .records) : Self.table(answer))
  }

  static func table(_ answer: Answer) -> String {
    var table = Table("LIMIT", "USED", "ALLOWED", "LEFT", "UNIT", "PER")
    for limit in answer.list {
      let span = limit["window_ms"].number.map { "\($0 % 1_000 == 0 ? "\($0 / 1_000)s" : "\($0)ms")" }
      let scopes = limit["per"].list.map(\.shown)
      table.add(
        cells(limit) + [([span ?? limit["period"].text].compactMap { $0 } + scopes).joined(separator: ", ")])
    }
    return table.text
  }

  /// The limits as a call meets them: whose they are stands in their names.
  static func table(ofCall answer: Answer) -> String {
    var table = Table("LIMIT", "USED", "ALLOWED", "LEFT", "UNIT")
    for limit in answer.list { table.add(cells(limit)) }
    return table.text
  }

  private static func cells(_ limit: Answer) -> [String] {
    let unit = limit["unit"]
    let amounts = ["used", "allowed", "remaining"].map { Amount.text(limit[$0], unit: unit) }
    return [limit["limit"].shown] + amounts + [unit.shown]
  }
}
