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
    if redis.policy.config != nil, model == nil { throw ValidationError("straight from Redis, expected a model") }
  }

  func run() async throws {
    if let model, redis.policy.config != nil {
      let request = redis.request(model: model)
      return try printStatuses(
        try await redis.withLimiter { limiter, _ in try await limiter.usage(of: request, namesAll: false) })
    }
    let answer = try await daemon.ask(["LIMITS"] + (model.map { [$0] } ?? []))
    try Output.print(daemon.json ? try JSONText.make(answer) : Self.table(answer))
  }

  static func table(_ answer: Answer) -> String {
    var table = Table("LIMIT", "USED", "ALLOWED", "LEFT", "UNIT", "PER")
    for limit in answer.list {
      let unit = limit["unit"]
      let span = limit["window_ms"].number.map { "\($0 % 1_000 == 0 ? "\($0 / 1_000)s" : "\($0)ms")" }
      let scopes = limit["per"].list.map(\.shown)
      table.add([
        limit["limit"].shown, Amount.text(limit["used"], unit: unit), Amount.text(limit["allowed"], unit: unit),
        Amount.text(limit["remaining"], unit: unit), unit.shown,
        ([span ?? limit["period"].text].compactMap { $0 } + scopes).joined(separator: ", "),
      ])
    }
    return table.text
  }

  private func printStatuses(_ statuses: [LimitStatus]) throws {
    if daemon.json {
      let objects = statuses.map { status -> [String: Any] in
        [
          "limit": status.limit.rawValue, "used": status.used, "held": status.held, "allowed": status.allowed,
          "remaining": status.remaining,
        ]
      }
      return try Output.print(JSONText.text(of: objects))
    }
    var table = Table("LIMIT", "USED", "ALLOWED", "LEFT")
    for status in statuses {
      table.add([status.limit.rawValue, "\(status.used)", "\(status.allowed)", "\(status.remaining)"])
    }
    try Output.print(table.text)
  }
}
