/// The scripts' behaviour in plain Swift: the oracle of the differential tests, and what users' own unit tests run on.
///
/// Time is given with each call, as the server's raw clock; the store makes the same stamps of it as the scripts do.
/// What Redis does by time to live (old keys going away) is not modelled: it never changes an answer.
package struct ReferenceStore: Sendable {
  struct Record: Sendable, Equatable {
    var grantedAt: Int64
    /// What each limit holds for the permit, and at which stamp (windows only).
    var parts: [Part]
  }

  struct Part: Sendable, Equatable {
    var limit: EffectiveLimit
    var amount: Int64
    var stamp: Int64
  }

  struct Budget: Sendable, Equatable {
    var spent: Int64 = 0
    var held: Int64 = 0
  }

  struct LastOperation: Sendable {
    var operation: Int64
    var answer: AcquireAnswer
  }

  struct Session: Sendable {
    var aliveUntil: Int64
    var lanes: [String: LastOperation] = [:]
    var permits: [String: Record] = [:]
    var intents: [String: Intent] = [:]
    /// The last part of an announcement that it has told.
    var announced: Int64 = 0
  }

  var bounds: StoreBounds
  var epoch: String?
  /// State was lost: until when others are waited for, how many there were, and how many have told what they know.
  var recovering: (until: Int64, expected: Int64, told: Int64)?
  var last: Int64 = 0
  var sessions: [String: Session] = [:]
  var windows: [LimitID: WindowLog] = [:]
  var budgets: [String: Budget] = [:]
  var slots: [LimitID: [String: Int64]] = [:]
  var unsettled: [String: Record] = [:]
  /// Who holds a permit, by its id, after it was not the session that it was granted to any more.
  var adopted: [String: String] = [:]
  var waiters: [LimitID: [String: Int64]] = [:]
  /// What was said to those that wait.
  var hints: [WaiterHint] = []
  var adjusted: [String: (answer: Adjustment, limit: String)] = [:]
  var cooldowns: [String: Cooldown] = [:]
  /// When something was taken away last, because a provider said so.
  var observed: [LimitID: Int64] = [:]
  /// What was counted, by minute.
  var fleet: [Int64: [String: Int64]] = [:]
  var hasToldFallbacks = false

  /// An empty store.
  package init(bounds: StoreBounds = StoreBounds()) {
    self.bounds = bounds
  }

  /// The stamp of a call: odd, and above every stamp before.
  func stamp(_ time: ServerTime) -> Int64 {
    let now = time.microseconds + 1 - time.microseconds % 2
    return now <= last ? last + 2 : now
  }

  /// What is used of a limit, with what has expired and was not dropped yet.
  func used(_ limit: EffectiveLimit) -> Int64 {
    switch limit.allowance {
    case .window: windows[limit.id]?.sum ?? 0
    case .budget: budgets[limit.keyName].map { $0.spent + $0.held } ?? 0
    case .concurrency: slots[limit.id]?.values.reduce(0, +) ?? 0
    }
  }

  mutating func release(_ amount: Int64, of limit: LimitID, from session: String) {
    let mine = slots[limit]?[session] ?? 0
    let freed = min(mine, amount)
    guard freed > 0 else { return }
    slots[limit]?[session] = mine == freed ? nil : mine - freed
    if slots[limit]?.isEmpty == true { slots[limit] = nil }
  }

  mutating func charge(_ budget: String, held: Int64, spent: Int64) {
    guard var counters = budgets[budget] else { return }
    counters.spent += min(max(spent, -counters.spent), max(LimiterBounds.amount - counters.spent, 0))
    counters.held -= min(held, counters.held)
    budgets[budget] = counters
  }
}
