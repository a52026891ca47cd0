/// Every bound of the limiter, by name.
public enum LimiterBounds {
  /// The largest amount or limit: Lua counts in doubles, and 2^53 - 1 is the last integer that is exact there.
  /// In nanodollars this is 9,007,199 USD.
  public static let amount: Int64 = 9_007_199_254_740_991
  /// The shortest window.
  public static let shortestWindow: Duration = .milliseconds(1)
  /// The longest window: 31 days. Longer rules are budgets.
  public static let longestWindow: Duration = .seconds(31 * 86_400)
  /// Requests that one script call decides.
  public static let batch = 256
  /// Limits that the requests of one batch may name together, about: every key is an argument of the script.
  public static let limitsPerBatch = 1_536
  /// Limits that one request may meet.
  public static let limitsPerRequest = 32
  /// Attributes of one request.
  public static let attributes = 32
  /// Bytes of a name: domain, limit, scope value, session.
  public static let name = 256
  /// Expired entries of one window that one call drops. What is not dropped still counts, so this is safe.
  public static let pruned = 256
  /// Entries of a window's log above which new entries are merged at the end of their quantum.
  public static let exactEntries = 4_096
  /// Quanta of a window in quantised mode.
  public static let quanta: Int64 = 2_048
  /// Entries that are walked for one `retry at`; beyond, the answer is a lower bound and says so.
  public static let retryWalk = 1_024
  /// Dead sessions that one call looks at.
  public static let reapedSessions = 4
  /// Permits of dead sessions, and their places in queues, that one call ends.
  public static let reapedPermits = 256
  /// Waiting calls of one process and lane.
  public static let waiters = 100_000
}
