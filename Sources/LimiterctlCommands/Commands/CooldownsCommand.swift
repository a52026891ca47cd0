import ArgumentParser
import LimiterClient
import LimiterCore

/// `limiterctl cooldowns`.
struct CooldownsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cooldowns", abstract: "The models that all workers leave alone, and why.",
    discussion: "Of limiterd, or with --config straight from Redis.", subcommands: [List.self, Clear.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "The models that are or were left alone in the last hour.")

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var policy: PolicyOptions

    func validate() throws { try daemon.validate(besideDirect: policy.config != nil) }

    func run() async throws {
      let cooldowns: Answer
      if policy.config != nil {
        cooldowns = Answer.list(
          try await policy.withLimiter { limiter, _ in try await limiter.cooldowns() }.map(CooldownsCommand.answer))
      } else {
        cooldowns = try await daemon.ask(["COOLDOWNS"])
      }
      if daemon.json { return try Output.print(JSONText.make(cooldowns, .records)) }
      guard !cooldowns.list.isEmpty else { return try Output.print("No model is left alone.") }
      var table = Table("MODEL", "STATE", "LEFT", "WHY", "IN A ROW")
      for cooldown in cooldowns.list {
        let isCooling = cooldown["admission"].text == "cooling"
        table.add([
          cooldown["model"].shown, isCooling ? "left alone" : "to be probed",
          isCooling ? Amount.milliseconds(.number((cooldown["left_us"].number ?? 0) / 1_000)) : "-",
          cooldown["reason"].shown, cooldown["opened"].shown,
        ])
      }
      try Output.print(table.text)
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "clear", abstract: "Says that a model is back: all workers may ask it again.")

    @Argument(help: "The model; `all` for all of them.")
    var model: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var policy: PolicyOptions

    func validate() throws { try daemon.validate(besideDirect: policy.config != nil) }

    func run() async throws {
      let cleared: [String]
      if policy.config != nil {
        cleared = try await policy.withLimiter { limiter, _ in
          let models = model == "all" ? try await limiter.cooldowns().map(\.model) : [model]
          for model in models { _ = try await limiter.cooldown(of: model, .clear) }
          return models
        }
      } else {
        cleared = try await daemon.withConnection { connection in
          var models = [model]
          if model == "all" { models = try await connection.ask(["COOLDOWNS"]).list.compactMap { $0["model"].text } }
          for model in models { _ = try await connection.ask(["COOLDOWN", model, "CLEAR"]) }
          return models
        }
      }
      if daemon.json { return try Output.print(JSONText.text(of: ["cleared": cleared])) }
      try Output.print(
        cleared.isEmpty ? "No model was left alone." : "\(cleared.joined(separator: ", ")): may be asked again")
    }
  }

  private static func answer(_ cooldown: ModelCooldown) -> Answer {
    let state = cooldown.state
    let admission =
      switch state.admission {
      case .clear: "clear"
      case .probe: "probe"
      case .cooling: "cooling"
      }
    return .fields([
      "model": .text(cooldown.model), "admission": .text(admission), "generation": .number(state.generation),
      "left_us": .number(state.left), "reason": .text(state.reason), "opened": .number(state.opened),
      "since_us": .number(state.since.microseconds),
    ])
  }
}
