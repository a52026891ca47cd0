import ArgumentParser

/// `limiterctl permits`.
struct PermitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permits", abstract: "What is held through this limiterd.")

  @Argument(help: "A session, by its id or name; left out, all.")
  var session: String?

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    let answer = try await daemon.ask(["PERMITS"] + (session.map { [$0] } ?? []))
    if daemon.json { return print(try JSONText.make(answer)) }
    var table = Table("PERMIT", "SESSION", "MODEL", "VALID FOR", "HOLDS")
    for permit in answer.list {
      let holds = permit["limits"].list.map { "\($0.list.first?.shown ?? "") \($0.list.last?.shown ?? "")" }
      table.add([
        permit["permit"].shown, permit["session"].shown, permit["model"].shown,
        Amount.milliseconds(permit["valid_for_ms"]), holds.joined(separator: ", "),
      ])
    }
    print(table.text)
  }
}
