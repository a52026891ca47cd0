import ArgumentParser
import Foundation
import LimiterClient
import LimiterCore

/// `limiterctl explain`.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Why a call would wait or be denied: every limit, who holds, who is ahead, and how long.")

  @Argument(help: "The model.")
  var model: String

  @Option(help: "Tokens as token limits count them.")
  var tokens: Int64?

  @Option(help: "Input tokens.")
  var input: Int64?

  @Option(help: "Output tokens.")
  var output: Int64?

  @Option(help: "The tenant.")
  var tenant: String?

  @Option(help: "The run.")
  var run: String?

  @Option(help: "1 urgent, 5 normal, 10 low.")
  var priority: Int?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func run() async throws {
    if policy.config != nil { return try await explainDirectly() }
    var words = ["EXPLAIN", model]
    for (name, value) in [
      ("TOKENS", tokens.map { "\($0)" }), ("INPUT", input.map { "\($0)" }), ("OUTPUT", output.map { "\($0)" }),
      ("TENANT", tenant), ("RUN", run), ("PRIORITY", priority.map { "\($0)" }),
    ] {
      if let value { words += [name, value] }
    }
    let answer = try await daemon.ask(words)
    if daemon.json { return try Output.print(JSONText.make(answer)) }
    try Output.print(
      Self.verdict(wouldWait: answer["would_wait"].number == 1, denial: answer["denial"]["message"].text))
    var table = Self.table
    for limit in answer["limits"].list {
      let unit = limit["unit"]
      let workers = limit["holders"].list.map { "\($0.list.first?.shown ?? "") \($0.list.last?.shown ?? "")" }
      let hosts = limit["hosts"].list.map { "\($0.list[1].shown) \($0.list[2].shown)" }
      table.add([
        limit["limit"].shown, Amount.text(limit["needed"], unit: unit), Amount.text(limit["used"], unit: unit),
        Amount.text(limit["allowed"], unit: unit), limit["fits"].number == 1 ? "yes" : "no",
        limit["waiting_ahead"].shown, Amount.milliseconds(limit["room_after_ms"]),
        (workers.isEmpty ? hosts : workers + hosts.map { "on \($0)" }).joined(separator: ", "),
      ])
    }
    try Output.print(table.text)
  }

  private static func verdict(wouldWait: Bool, denial: String?) -> String {
    if let denial { return "It would be \(denial)." }
    return wouldWait ? "It would wait." : "It would be admitted now."
  }

  private static var table: Table {
    Table("LIMIT", "NEEDS", "USED", "ALLOWED", "FITS", "AHEAD", "ROOM AFTER", "HELD BY")
  }

  private func explainDirectly() async throws {
    let request = AdmissionRequest(
      model: model, inputTokens: input ?? 0, outputTokens: output ?? 0, tokens: tokens, tenant: tenant, run: run,
      priority: priority ?? 5)
    let explanation = try await policy.withLimiter { limiter, _ in try await limiter.explain(request) }
    if daemon.json {
      let limits = explanation.limits.map { limit -> [String: Any] in
        [
          "limit": limit.status.limit.rawValue, "needed": limit.needed, "used": limit.status.used,
          "allowed": limit.status.allowed, "fits": limit.fits ? 1 : 0, "waiting_ahead": limit.waitingAhead,
          "hosts": limit.holders.map { [$0.session, $0.who, $0.slots] as [Any] },
          "room_after_ms": limit.roomAfter.map { $0.components.seconds * 1_000 } ?? NSNull(),
        ]
      }
      let answer: [String: Any] = [
        "would_wait": explanation.wouldWait ? 1 : 0, "limits": limits,
        "denial": explanation.denial.map {
          ["denied": $0.reason.rawValue, "limit": $0.limit.rawValue, "message": $0.description]
        }
          ?? NSNull(),
      ]
      return try Output.print(try JSONText.text(of: answer))
    }
    try Output.print(Self.verdict(wouldWait: explanation.wouldWait, denial: explanation.denial?.description))
    var table = Self.table
    for limit in explanation.limits {
      let unit = limit.status.unit
      table.add([
        limit.status.limit.rawValue, Amount.text(limit.needed, unit: unit), Amount.text(limit.status.used, unit: unit),
        Amount.text(limit.status.allowed, unit: unit), limit.fits ? "yes" : "no", "\(limit.waitingAhead)",
        limit.roomAfter.map { Amount.milliseconds(.number($0.components.seconds * 1_000)) } ?? "-",
        limit.holders.map { "\($0.who) \($0.slots)" }.joined(separator: ", "),
      ])
    }
    try Output.print(table.text)
  }
}
