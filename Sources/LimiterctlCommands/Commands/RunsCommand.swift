import ArgumentParser
import LimiterClient
import LimiterCore

/// `limiterctl runs`.
struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "What runs have spent of their budgets, most first.",
    discussion: """
      Budgets of money come first, then those that are counted, unit by unit; within a unit by what is spent and held, most first, then by name. \
      Of limiterd, or with --config straight from Redis. It walks over all keys of the Redis, a thousand at a time.
      """)

  @Option(help: ArgumentHelp("Rows to print.", valueName: "n"))
  var count = 50

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws {
    guard (1...1_000).contains(count) else { throw ValidationError("--count: expected 1 to 1000, got \(count)") }
    try daemon.validate(besideDirect: policy.config != nil)
  }

  func run() async throws {
    let usages: [RunUsage]
    if policy.config != nil {
      usages = try await policy.withLimiter { limiter, _ in try await limiter.runs() }
    } else {
      usages = try await daemon.ask(["RUNS"]).list.map(Self.usage)
    }
    let shown = usages.sorted { $0.place < $1.place }.prefix(count)
    if daemon.json {
      let objects = shown.map { usage -> [String: Any] in
        [
          "run": usage.run, "limit": usage.rule, "period": usage.period, "unit": usage.unit.rawValue,
          "spent": usage.spent, "held": usage.held, "allowed": usage.allowed,
        ]
      }
      return try Output.print(JSONText.text(of: Array(objects)))
    }
    guard !shown.isEmpty else { return try Output.print("No run has spent anything of a budget per run.") }
    var table = Table("RUN", "BUDGET", "PERIOD", "SPENT", "HELD", "ALLOWED", "LEFT")
    for usage in shown {
      table.add(
        [usage.run, usage.rule, usage.period]
          + [usage.spent, usage.held, usage.allowed, max(usage.allowed - usage.spent - usage.held, 0)].map {
            Amount.text($0, unit: usage.unit)
          })
    }
    try Output.print(table.text)
    if usages.count > shown.count { try Output.print("and \(usages.count - shown.count) more; --count N shows them") }
  }

  private static func usage(_ answer: Answer) throws -> RunUsage {
    guard let run = answer["run"].text, let rule = answer["limit"].text, let period = answer["period"].text,
      let unit = answer["unit"].text.flatMap(Unit.init(rawValue:)), let spent = answer["spent"].number,
      let held = answer["held"].number, let allowed = answer["allowed"].number
    else { throw Failure("limiterd answered something else than runs; use one version of both") }
    return RunUsage(run: run, rule: rule, period: period, unit: unit, spent: spent, held: held, allowed: allowed)
  }
}

extension RunUsage {
  /// A nanodollar and a step are nothing that could be compared: money first, then each unit for itself.
  fileprivate var place: (Int, String, Int64, String, String) {
    (unit == .nanodollars ? 0 : 1, unit.rawValue, -(spent + held), run, rule)
  }
}
