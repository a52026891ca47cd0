import ArgumentParser

/// `limiterctl queue`.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "The calls of this limiterd that wait, best rank first.")

  @Argument(help: "A model; left out, all.")
  var model: String?

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    let answer = try await daemon.ask(["QUEUE"] + (model.map { [$0] } ?? []))
    if daemon.json { return print(try JSONText.make(answer)) }
    var table = Table("SESSION", "MODEL", "PRIORITY", "WAITED", "WAITS FOR", "LIMIT")
    for call in answer.list {
      table.add([
        call["session"].shown, call["model"].shown, call["priority"].shown, Amount.milliseconds(call["waited_ms"]),
        Amount.milliseconds(call["waits_for_ms"]), call["limit"].shown,
      ])
    }
    print(table.text)
  }
}
