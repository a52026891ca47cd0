/// Everything of one domain that the oracle rebuilds from the history.
struct DomainState {
  /// A budget of one period.
  struct BudgetKey: Hashable {
    var limit: String
    var period: String
  }

  /// Sessions and how many slots of one limit each holds; `total` is the limiter's own count.
  struct Slots {
    var sessions: [String: Int64] = [:]
    var total: Int64 = 0
  }

  /// An entry that was removed by a group without a time of its own: whether that was too early shows at the next time.
  struct Ghost {
    var entry: WindowEntry
    var place: Place
    var isReported = false
  }

  /// Server time of the last group that told one, in microseconds.
  var nowMicroseconds: Int64?
  var windows: [String: WindowLog] = [:]
  var ghosts: [String: [Ghost]] = [:]
  var sums: [String: Int64] = [:]
  var spent: [BudgetKey: Int64] = [:]
  var held: [BudgetKey: Int64] = [:]
  var slots: [String: Slots] = [:]
  /// When a key dies, in microseconds of server time.
  var deadlines: [[UInt8]: Int64] = [:]
}
