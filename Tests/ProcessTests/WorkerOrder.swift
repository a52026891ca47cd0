import LimiterClient

/// What a worker is told; the worker has a copy of this type.
struct WorkerOrder: Codable, Sendable {
  var task: String
  var redis: String
  var domain: String
  var seed: UInt64 = 1
  var sessionMilliseconds: Int64 = 1_000
  var windowMilliseconds: Int64 = 1_000
  var requests: Int64 = 1_000_000
  var tokens: Int64 = 1_000_000
  var slots: Int64 = 1_000
  var nanodollars: Int64 = 1_000_000_000
  var count = 0
  var permit: Permit?
  var socket: String?
  var usage: Usage?
}

/// What a worker says.
struct WorkerLine: Codable, Sendable {
  var granted: String?
  var grantedAt: Int64?
  var amounts: [String: Int64]?
  var settling: String?
  var nanodollars: Int64?
  var outcome: String?
  var isDone: Bool?
}
