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

  func run() async throws {
    if policy.config != nil {
      let crowds = try await policy.withLimiter { limiter, _ in try await limiter.waiting() }
      return try printCrowds(.list(crowds.filter { !$0.waiters.isEmpty }.map(Self.answer)))
    }
    if hosts { return try printCrowds(try await daemon.ask(["WAITERS"])) }
    let answer = try await daemon.ask(["QUEUE"] + (model.map { [$0] } ?? []))
    if daemon.json { return try Output.print(JSONText.make(answer)) }
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
      return Answer.list([.text("limit"), crowd["limit"], .text("waiters"), .list(waiters)])
    }.filter { !$0["waiters"].list.isEmpty }
    if daemon.json { return try Output.print(JSONText.make(.list(shown))) }
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
      Answer.list([
        .text("session"), .text(waiter.session), .text("who"), .text(waiter.who), .text("model"), .text(waiter.model),
        .text("rank"), .number(waiter.rank), .text("amount"), .number(waiter.amount), .text("start_us"),
        waiter.start.map { .number($0.microseconds) } ?? .null, .text("behind"),
        .list(waiter.followers.map { .list([.number($0.rank), .number($0.amount)]) }),
      ])
    }
    return .list([.text("limit"), .text(crowd.limit.rawValue), .text("waiters"), .list(waiters)])
  }
}
