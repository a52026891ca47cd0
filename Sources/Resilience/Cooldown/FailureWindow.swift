/// How often calls of a model have failed lately: so many in a row, or such a share of them, is too often.
///
/// Times are microseconds of a clock that never goes back.
package struct FailureWindow: Sendable {
  private static let buckets = 10

  private let policy: CooldownPolicy
  private var failuresInRow = 0
  private var counts: [(at: Int64, calls: Int, failures: Int)] = []

  package init(_ policy: CooldownPolicy) {
    self.policy = policy.bounded
  }

  package mutating func succeeded(at now: Int64) {
    failuresInRow = 0
    count(isFailure: false, at: now)
  }

  /// - Returns: whether that is too often now.
  package mutating func failed(at now: Int64) -> Bool {
    failuresInRow += 1
    count(isFailure: true, at: now)
    let calls = counts.reduce(0) { $0 + $1.calls }
    let failures = counts.reduce(0) { $0 + $1.failures }
    let isShare = calls >= policy.leastCalls && failures * 1_000 >= calls * policy.failuresPerMille
    return failuresInRow >= policy.consecutive || isShare
  }

  private mutating func count(isFailure: Bool, at now: Int64) {
    let length = max(policy.window.microseconds / Int64(Self.buckets), 1)
    let bucket = now / length * length
    counts.removeAll { $0.at <= now - policy.window.microseconds }
    if counts.last?.at == bucket {
      counts[counts.count - 1].calls += 1
      counts[counts.count - 1].failures += isFailure ? 1 : 0
    } else {
      counts.append((bucket, 1, isFailure ? 1 : 0))
    }
  }
}
