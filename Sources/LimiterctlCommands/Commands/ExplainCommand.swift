import ArgumentParser

/// `limiterctl explain`.
struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Why a call would wait: every limit, who holds, who is ahead, and how long.")

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

  func run() async throws {
    var words = ["EXPLAIN", model]
    for (name, value) in [
      ("TOKENS", tokens.map { "\($0)" }), ("INPUT", input.map { "\($0)" }), ("OUTPUT", output.map { "\($0)" }),
      ("TENANT", tenant), ("RUN", run), ("PRIORITY", priority.map { "\($0)" }),
    ] {
      if let value { words += [name, value] }
    }
    let answer = try await daemon.ask(words)
    if daemon.json { return print(try JSONText.make(answer)) }
    print(answer["would_wait"].number == 1 ? "It would wait." : "It would be admitted now.")
    var table = Table("LIMIT", "NEEDS", "USED", "ALLOWED", "FITS", "AHEAD", "ROOM AFTER", "HELD BY")
    for limit in answer["limits"].list {
      let unit = limit["unit"]
      let holders = limit["holders"].list.map { "\($0.list.first?.shown ?? "") \($0.list.last?.shown ?? "")" }
      table.add([
        limit["limit"].shown, Amount.text(limit["needed"], unit: unit), Amount.text(limit["used"], unit: unit),
        Amount.text(limit["allowed"], unit: unit), limit["fits"].number == 1 ? "yes" : "no",
        limit["waiting_ahead"].shown, Amount.milliseconds(limit["room_after_ms"]), holders.joined(separator: ", "),
      ])
    }
    print(table.text)
  }
}
