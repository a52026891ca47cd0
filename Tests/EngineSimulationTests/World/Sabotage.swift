import LimiterCore
import LimiterRedis

/// Mistakes that an engine could have, made between it and the network: a simulation that does not find them is worth nothing.
final class Sabotage {
  enum Mistake: String, CaseIterable, Sendable {
    case none
    /// A batch whose answer was lost is asked again as another operation.
    case newOperation
    /// A settlement is forgotten now and then.
    case lostSettlement
    /// What nobody took is not given back: late grants, revoked batches, callers that went away.
    case nothingGivenBack
    /// Permits whose time is over are not ended.
    case noHolds
    /// Only the first heartbeat is sent: the process goes on in a session that is over.
    case noHeartbeat
    /// A settlement charges more than was used.
    case wrongAmount
    /// What was used is settled as if nobody knew it.
    case abandonedInsteadOfSettled
    /// A permit is settled under a name of its neighbour.
    case otherPermit
    /// Calls that wait no more stay in the queue of all hosts.
    case neverLeavesQueue
    /// What is freed is not heard of: who waits for it looks from time to time.
    case hearsNoHints
    /// Permits that stand in Redis and that nobody holds are not seen.
    case seesNoOrphans
    /// A Redis that has lost its state is not told of permits, windows or budgets, or is taken for the one that was.
    case tellsNoPermits
    case tellsNoWindows
    case tellsNoBudgets
    case seesNoLostState
    /// A Redis that has forgotten the last grants is not asked whether it remembers them.
    case seesNothingForgotten
    /// How permits have ended is not told to a Redis that has forgotten that.
    case settlesNothingAgain
    /// What its own share has granted is not told.
    case tellsNothingOfItsShare
  }

  let mistake: Mistake
  private let chance: Chance
  private var sent: Set<String> = []
  private var renewed: Set<String> = []
  /// Settlements that were forgotten, and those that Redis has made.
  private var (lost, made): (Set<String>, Set<String>) = ([], [])

  init(_ mistake: Mistake, _ chance: Chance) { (self.mistake, self.chance) = (mistake, chance) }

  func change(_ batch: AcquireBatch) -> AcquireBatch {
    var batch = batch
    switch mistake {
    case .newOperation where batch.isResent:
      batch.operation += 1_000_000
    case .neverLeavesQueue: batch.withdrawn = []
    case .seesNothingForgotten: batch.remembered = 0
    default: break
    }
    return batch
  }

  /// `nil`: this one is forgotten.
  func change(_ batch: SettleBatch) -> [SettleBatch.Item?] {
    batch.items.map { item in
      var changed = item
      switch (mistake, item.ending) {
      case (.lostSettlement, .settled) where isLost(item.id): return nil
      case (.settlesNothingAgain, _) where made.contains(item.id): return nil
      case (.nothingGivenBack, .settled(let amounts)) where amounts.allSatisfy { $0 == 0 }: return nil
      case (.noHolds, .abandoned): return nil
      case (.wrongAmount, .settled(let amounts)) where amounts.contains { ($0 ?? 0) > 0 }:
        changed.ending = .settled(amounts.map { $0.map { $0 + ($0 > 0 ? 1 : 0) } })
      case (.abandonedInsteadOfSettled, .settled) where chance.happens(20): changed.ending = .abandoned
      case (.otherPermit, .settled) where item.permit.hasSuffix(".2"):
        changed = SettleBatch.Item(
          session: item.session, permit: String(item.permit.dropLast(2)) + ".1", grantedAt: item.grantedAt,
          ending: item.ending)
      default: break
      }
      return changed
    }
  }

  private func isLost(_ id: String) -> Bool {
    if sent.insert(id).inserted, chance.happens(20) { lost.insert(id) }
    return lost.contains(id)
  }

  /// Redis has answered these.
  func settled(_ items: [SettleBatch.Item], _ outcomes: [SettleOutcome]) {
    for (item, outcome) in zip(items, outcomes) where outcome == .settled { made.insert(item.id) }
  }

  func change(_ batch: AnnounceBatch) -> AnnounceBatch {
    var batch = batch
    switch mistake {
    case .tellsNothingOfItsShare where !batch.isLast: batch.announcement.windows = []
    case .tellsNoPermits: batch.announcement.permits = []
    case .tellsNoWindows: batch.announcement.windows = []
    case .tellsNoBudgets: for index in batch.announcement.budgets.indices { batch.announcement.budgets[index].used = 0 }
    default: break
    }
    return batch
  }

  func change(_ answer: SessionAnswer) -> SessionAnswer {
    var answer = answer
    if mistake == .seesNoLostState { answer.epoch = "the only one" }
    return answer
  }

  /// Hints are not heard.
  var isDeaf: Bool { mistake == .hearsNoHints }

  func forgets(_ call: SessionCall) -> Bool {
    mistake == .noHeartbeat && call.verb == .renew && !renewed.insert(call.session).inserted
  }
}
