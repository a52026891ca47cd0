import ArgumentParser
import Foundation
import LimiterClient
import LimiterCore

/// `limiterctl budget`.
struct BudgetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "budget", abstract: "Budgets, straight from Redis: show them, correct them.",
    subcommands: [Show.self, Adjust.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "What is spent and held of the budgets that a call meets.")

    @Option(help: "A model whose calls meet them. (default: the first one of the policy by its name)")
    var model: String?

    @OptionGroup var redis: DirectOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws { try redis.policy.validateIsSaid() }

    func run() async throws {
      let budgets = try await redis.withLimiter { limiter, policy in
        try await limiter.usage(of: redis.request(model: try BudgetCommand.model(model, policy)), namesAll: false)
          .filter { $0.period != nil }
      }
      if json {
        let objects = budgets.map { budget -> [String: Any] in
          [
            "limit": budget.limit.rawValue, "period": budget.period?.name ?? "", "spent": budget.used - budget.held,
            "held": budget.held, "allowed": budget.allowed, "remaining": budget.remaining,
            "unit": budget.unit?.rawValue ?? "",
          ]
        }
        return try Output.print(JSONText.text(of: objects))
      }
      var table = Table("BUDGET", "PERIOD", "SPENT", "HELD", "ALLOWED", "LEFT")
      for budget in budgets {
        table.add([
          budget.limit.rawValue, budget.period?.name ?? "", Amount.text(budget.used - budget.held, unit: budget.unit),
          Amount.text(budget.held, unit: budget.unit), Amount.text(budget.allowed, unit: budget.unit),
          Amount.text(budget.remaining, unit: budget.unit),
        ])
      }
      try Output.print(table.text)
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
