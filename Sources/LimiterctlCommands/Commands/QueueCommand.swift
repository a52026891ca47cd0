import ArgumentParser
import LimiterClient
import LimiterCore

/// `limiterctl queue`.
struct QueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue", abstract: "The calls that wait, best rank first.",
    discussion: """
      Of limiterd: its own calls, or with --hosts those of all hosts, by limit. With --config straight from Redis: those of all hosts. Of each process and model \
      the best call is told, and how many are behind it (31 at most).
      """)

  @Argument(help: "A model; left out, all.")
  var model: String?

  @Flag(help: "The calls of all hosts, by the limit that they wait for.")
  var hosts = false

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws { try daemon.validate(besideDirect: policy.config != nil) }

  func run() async throws {
    if policy.config != nil {
      let crowds = try await policy.withLimiter { [model] limiter, policy in
        if let model, policy.models[model] == nil { throw Failure("\(RequestProblem.unknownModel(model))") }
        return try await limiter.waiting()
      }
      return try printCrowds(.list(crowds.filter { !$0.waiters.isEmpty }.map(Self.answer)))
    }
    if hosts {
      let crowds = try await daemon.withConnection { [model] connection in
        // It refuses a model that is not there; WAITERS knows none.
        if let model { _ = try await connection.ask(["QUEUE", model]) }
        return try await connection.ask(["WAITERS"])
      }
      return try printCrowds(crowds)
    }
    let answer = try await daemon.ask(["QUEUE"] + (model.map { [$0] } ?? []))
    if daemon.json { return try Output.print(JSONText.make(answer, .records)) }
    var table = Table("SESSION", "MODEL", "PRIORITY", "WAITED", "WAITS FOR", "LIMIT")
    for call in answer.list {
      table.add([
        call["session"].shown, call["model"].shown, call["priority"].shown, Amount.milliseconds(call["waited_ms"]),
        Amount.milliseconds(call["waits_for_ms"]), call["limit"].shown,
      ])
    }
    try Output.print(table.text)
  }

  private func printCrowds(_ crowds: Answer) throws {
    let shown = crowds.list.map { crowd in
      let waiters = crowd["waiters"].list.filter { model == nil || $0["model"].text == model }
      return Answer.fields(["limit": crowd["limit"], "waiters": .list(waiters)])
    }.filter { !$0["waiters"].list.isEmpty }
    if daemon.json { return try Output.print(JSONText.make(.list(shown), .list(.fields(["waiters": .records])))) }
    guard !shown.isEmpty else { return try Output.print("Nobody waits.") }
    var table = Table("LIMIT", "NEXT", "WHO", "SESSION", "MODEL", "NEEDS", "BEHIND IT")
    for crowd in shown {
      for (position, waiter) in crowd["waiters"].list.enumerated() {
        table.add([
          crowd["limit"].shown, "\(position + 1)", waiter["who"].shown, waiter["session"].shown, waiter["model"].shown,
          waiter["amount"].shown, "\(waiter["behind"].list.count)",
        ])
      }
    }
    try Output.print(table.text)
  }

  private static func answer(_ crowd: LimitCrowd) -> Answer {
    let waiters = crowd.waiters.map { waiter in
      Answer.fields([
        "session": .text(waiter.session), "who": .text(waiter.who), "model": .text(waiter.model),
        "rank": .number(waiter.rank), "amount": .number(waiter.amount),
        "start_us": waiter.start.map { .number($0.microseconds) } ?? .null,
        "behind": .list(waiter.followers.map { .list([.number($0.rank), .number($0.amount)]) }),
      ])
    }
    return .fields(["limit": .text(crowd.limit.rawValue), "waiters": .list(waiters)])
  }
}
