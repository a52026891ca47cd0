import LimiterClient
import Logging
public import LimiterCore
import Synchronization

/// A budget that is nearly spent.
public struct BudgetWarning: Sendable, Hashable {
  /// Which one.
  public var limit: LimitID
  /// What it counts: money, or the steps of a run.
  public var unit: Unit
  /// What is spent and held, in that unit; money in nanodollars.
  public var used: Int64
  /// What it allows.
  public var allowed: Int64
}

/// Warns of each budget and period once.
final class BudgetWatch: Sendable {
  private struct Key: Hashable {
    var limit: LimitID
    var period: String
  }

  /// Runs come and go: those that were warned of longest ago are forgotten.
  private static let remembered = 10_000

  private let told = Mutex<(keys: Set<Key>, order: [Key])>(([], []))

  /// Those that have passed their share and were not told of before.
  func new(_ statuses: [LimitStatus], perMille: Int64) -> [BudgetWarning] {
    statuses.compactMap { status in
      guard let period = status.period, status.allowed > 0 else { return nil }
      let (share, overflow) = status.used.multipliedReportingOverflow(by: 1_000)
      guard overflow || share / status.allowed >= perMille else { return nil }
      let key = Key(limit: status.limit, period: period.name)
      let isNew = told.withLock { told in
        guard told.keys.insert(key).inserted else { return false }
        told.order.append(key)
        if told.order.count > Self.remembered {
          let forgotten = told.order.prefix(Self.remembered / 2)
          told.keys.subtract(forgotten)
          told.order.removeFirst(Self.remembered / 2)
        }
        return true
      }
      return isNew
        ? BudgetWarning(
          limit: status.limit, unit: status.unit ?? .nanodollars, used: status.used, allowed: status.allowed) : nil
    }
  }
}

extension LLM {
  /// Looks at what is spent after a call. While nobody answers, the next call does.
  func watchBudgets(_ plan: CallPlan, until end: ContinuousClock.Instant) async {
    guard !Task.isCancelled else { return }
    await follow(until: end) { [limiter, budgets, counters, logger, settings] in
      guard let statuses = try? await limiter.usage(of: plan.admission) else { return false }
      for warning in budgets.new(statuses, perMille: settings.warningPerMille) {
        counters.note { $0.budgetWarnings += 1 }
        logger.warning(
          "a budget is nearly spent",
          metadata: [
            "limit": "\(warning.limit)", "spent": "\(warning.used)", "unit": "\(warning.unit.rawValue)",
            "of": "\(warning.allowed)",
          ])
        settings.onBudgetWarning?(warning)
      }
      return true
    }
  }
}
