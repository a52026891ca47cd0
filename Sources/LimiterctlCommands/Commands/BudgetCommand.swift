import ArgumentParser
import Foundation
import LimiterClient
import LimiterCore

/// `limiterctl budget`.
struct BudgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "budget", abstract: "Budgets: show them, and correct them straight in Redis.",
    subcommands: [Show.self, Adjust.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "What is spent and held of the budgets that a call meets.",
      discussion: "Asks limiterd, by its policy; with --config Redis itself, by that one.")

    @Option(
      help: "A model whose calls meet them; limiterd must be told. (default with --config: the first one by its name)")
    var model: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var redis: DirectOptions

    func validate() throws {
      try daemon.validate(besideDirect: redis.policy.config != nil)
      if redis.policy.config == nil, model == nil {
        throw ValidationError(
          "expected --model, whose calls meet the budgets, or --config FILE")
      }
    }

    func run() async throws {
      let budgets = try await limits().filter { $0["period"] != .null }
      if daemon.json {
        let objects = budgets.map { budget -> [String: Any] in
          [
            "limit": budget["limit"].shown, "period": Self.period(budget), "spent": Self.spent(budget).number ?? 0,
            "held": budget["held"].number ?? 0, "allowed": budget["allowed"].number ?? 0,
            "remaining": budget["remaining"].number ?? 0, "unit": budget["unit"].shown,
          ]
        }
        return try Output.print(JSONText.text(of: objects))
      }
      var table = Table("BUDGET", "PERIOD", "SPENT", "HELD", "ALLOWED", "LEFT")
      for budget in budgets {
        let amounts = [Self.spent(budget), budget["held"], budget["allowed"], budget["remaining"]]
        table.add(
          [budget["limit"].shown, Self.period(budget)]
            + amounts.map { Amount.text($0.number ?? 0, unit: budget["unit"].text.flatMap(LimiterCore.Unit.init)) })
      }
      try Output.print(table.text)
    }

    /// What a call of the model meets, as `PEEK` tells it.
    private func limits() async throws -> [Answer] {
      if redis.policy.config == nil, let model {
        return try await daemon.ask(["PEEK", model] + redis.call.words)["limits"].list
      }
      return try await redis.withLimiter { limiter, policy in
        try await limiter.usage(of: redis.request(model: try BudgetCommand.model(model, policy)), namesAll: false)
          .map { Answer($0) }
      }
    }

    private static func period(_ budget: Answer) -> String { budget["period"].list.first?.shown ?? "" }

    private static func spent(_ budget: Answer) -> Answer {
      .number((budget["used"].number ?? 0) - (budget["held"].number ?? 0))
    }
  }

  struct Adjust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "adjust", abstract: "Corrects what is used of a budget or a window; recorded with who and why.",
      discussion: """
        The same --operation twice is one correction; with another amount, or for another limit, it is refused. An amount is in the limit's unit, \
        money in nanodollars or as dollars ("0.25 USD", 9 decimals); a negative one takes away, never below zero.
          limiterctl budget adjust tenant-budget:acme --tenant acme --config limiterd.yaml --why refund -- -250000000
        A limit per run, tenant or attribute has theirs in its name, and needs the option that says whose it is: `budget show` and `explain`, with the \
        same options, name the limits that are met.
        """)

    @Argument(help: "The limit, as `budget show` and `explain` name it.")
    var limit: String

    @Argument(
      help: "How much is added: a whole number, or dollars such as \"0.25 USD\".",
      transform: { text in
        do { return try CorrectionAmount(parsing: text) } catch { throw ValidationError("the amount: \(error)") }
      })
    var amount: CorrectionAmount

    @Option(help: "Why, for those that read it later.")
    var why: String

    @Option(help: "Who corrects. (default: the user's name)")
    var who: String?

    @Option(help: "A name for this correction. (default: a new one)")
    var operation: String?

    @Option(help: "A model whose calls meet the limit. (default: the first one of the policy by its name)")
    var model: String?

    @OptionGroup var redis: DirectOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
      try redis.policy.validateIsSaid()
      guard why.contains(where: { !$0.isWhitespace }) else {
        throw ValidationError("--why: expected a reason for those that read it later, got an empty text")
      }
    }

    func run() async throws {
      let operation = operation ?? UUID().uuidString
      let who = who ?? NSUserName()
      let (met, result) = try await redis.withLimiter { limiter, policy in
        let request = redis.request(model: try BudgetCommand.model(model, policy))
        let limits = try await limiter.usage(of: request, namesAll: false)
        guard let met = limits.first(where: { $0.limit.rawValue == limit }) else { throw unmet(among: limits) }
        guard !amount.isMoney || met.unit == .nanodollars else {
          throw Failure("expected an amount in the unit of \(limit), which is no budget of money, got dollars")
        }
        let result = try await limiter.adjust(
          met.limit, of: request, by: amount.value, operation: operation, who: who, why: why)
        return (met, result)
      }
      let text = json ? try object(met, result, operation) : sentence(met, result, operation)
      do { try Output.print(text) } catch let error as Failure {
        // Whoever took it for not done would do it twice.
        throw Failure("\(error); the correction was done, as the operation \(operation)")
      }
    }

    private func unmet(among limits: [LimitStatus]) -> Failure {
      let names = limits.map { "`\($0.limit)`" }.joined(separator: ", ")
      return Failure(
        "expected a limit that such a call meets (\(names.isEmpty ? "none" : names)), got `\(limit)`; say with --model, --run, --tenant and --attribute whose call it is"
      )
    }

    private func object(
      _ met: LimitStatus, _ result: (applied: Int64, used: Int64), _ operation: String
    ) throws -> String {
      try JSONText.text(
        of: [
          "limit": limit, "applied": result.applied, "used": result.used, "unit": met.unit?.rawValue ?? "slots",
          "operation": operation,
        ] as [String: Any])
    }

    /// Of a budget Redis tells what is spent, without what live permits hold of it.
    private func sentence(
      _ met: LimitStatus, _ result: (applied: Int64, used: Int64), _ operation: String
    ) -> String {
      let short = result.applied == amount.value ? "" : " of \(Amount.text(amount.value, unit: met.unit))"
      let now = "\(Amount.text(result.used, unit: met.unit)) \(met.period == nil ? "used" : "spent") now"
      return "\(limit): \(Amount.text(result.applied, unit: met.unit))\(short) added, \(now) (operation \(operation))"
    }
  }

  static func model(_ name: String?, _ policy: Policy) throws -> String {
    guard let model = name ?? policy.models.keys.sorted().first else { throw Failure("the policy has no model") }
    return model
  }
}
