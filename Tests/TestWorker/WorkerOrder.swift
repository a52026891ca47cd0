import LimiterClient

/// What a worker is told. The tests have a copy of this type: they share the wire and nothing else.
struct WorkerOrder: Codable, Sendable {
  enum Task: String, Codable {
    /// Take and settle permits until the budget is spent.
    case work
    /// Take permits and keep them until killed.
    case hold
    /// Settle the permit that is given.
    case settle
  }

  var task: Task
  var redis: String
  var domain: String
  var seed: UInt64
  var sessionMilliseconds: Int64
  var windowMilliseconds: Int64
  var requests: Int64
  var tokens: Int64
  var slots: Int64
  var nanodollars: Int64
  /// `hold`: how many permits to take.
  var count = 0
  var permit: Permit?
  /// A limiterd to ask; without it, Redis.
  var socket: String?
  var usage: Usage?
}
