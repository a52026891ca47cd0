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

  @Option(help: "1 urgent, 5 normal, 10 low.")
  var priority: Int?

  @OptionGroup var call: CallOptions
  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws {
    if let priority, !(1...10).contains(priority) {
      throw ValidationError("--priority: expected 1 to 10, got \(priority)")
    }
    try daemon.validate(besideDirect: policy.config != nil)
  }

  func run() async throws {
    let answer = policy.config == nil ? try await explained() : try await explainedDirectly()
    if daemon.json {
      return try Output.print(JSONText.make(answer, .fields(["limits": .records, "denial": .fields()])))
    }
    try Output.print(Self.verdict(answer))
    try Output.print(Self.table(answer["limits"]))
  }

  /// By limiterd.
  private func explained() async throws -> Answer {
    var words = ["EXPLAIN", model]
    for (name, value) in [
      ("TOKENS", tokens.map { "\($0)" }), ("INPUT", input.map { "\($0)" }), ("OUTPUT", output.map { "\($0)" }),
      ("PRIORITY", priority.map { "\($0)" }),
    ] {
      if let value { words += [name, value] }
    }
    return try await daemon.ask(words + call.words)
  }

  /// By Redis itself.
  private func explainedDirectly() async throws -> Answer {
    var request = call.request(model: model)
    request.amounts = Amounts(inputTokens: input ?? 0, outputTokens: output ?? 0, tokens: tokens)
    request.priority = priority ?? 5
    return Answer(try await policy.withLimiter { [request] limiter, _ in try await limiter.explain(request) })
  }

  private static func verdict(_ answer: Answer) -> String {
    if let denial = answer["denial"]["message"].text { return "It would be \(denial)." }
    return answer["would_wait"].number == 1 ? "It would wait." : "It would be admitted now."
  }

  private static func table(_ limits: Answer) -> String {
    var table = Table("LIMIT", "NEEDS", "USED", "ALLOWED", "FITS", "AHEAD", "ROOM AFTER", "HELD BY")
    for limit in limits.list {
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
    return table.text
  }
}
