import LimiterClient
import LimiterCore

/// Tasks that acquire and settle, one call after the other.
struct LibraryLoad: Sendable {
  let limiter: LimiterClient
  let callers: Int
  let cost: Int64
  let warmUp: Duration
  let measured: Duration
  /// Of each caller, if time does not end it.
  let calls: Int?
  /// Otherwise a call is only counted.
  let keepsPermits: Bool

  struct Figures: Codable, Sendable {
    var admitted: Int
    var refused: Int
    var seconds: Double
    var perSecond: Double
    /// Of an acquisition, in microseconds.
    var p50Us: Double
    var p99Us: Double
  }

  private struct Share: Sendable {
    /// Of what was asked for within the time.
    var times: [Duration] = []
    /// What was done within the time.
    var admitted = 0
    var refused = 0
  }

  func run() async throws -> Figures {
    let begins = ContinuousClock.now + (calls == nil ? warmUp : .zero)
    let ends = begins + measured
    let shares = try await withThrowingTaskGroup(of: Share.self) { group in
      for _ in 0..<callers { group.addTask { try await call(from: begins, until: ends) } }
      var shares: [Share] = []
      for try await share in group { shares.append(share) }
      return shares
    }
    let elapsed = calls == nil ? measured : ContinuousClock.now - begins
    let times = shares.flatMap(\.times).sorted()
    let admitted = shares.reduce(0) { $0 + $1.admitted }
    func rank(_ share: Double) -> Double {
      times.isEmpty ? 0 : times[Int(Double(times.count - 1) * share)] / .microseconds(1)
    }
    let seconds = elapsed / .seconds(1)
    return Figures(
      admitted: admitted, refused: shares.map(\.refused).reduce(0, +), seconds: seconds,
      perSecond: Double(admitted) / seconds, p50Us: rank(0.5), p99Us: rank(0.99))
  }

  private func call(from begins: ContinuousClock.Instant, until ends: ContinuousClock.Instant) async throws -> Share {
    let request = AdmissionRequest(model: "hot", tokens: cost)
    var share = Share()
    var left = calls ?? Int.max
    while left > 0 {
      left -= 1
      let asked = ContinuousClock.now
      if calls == nil, asked >= ends { break }
      let isAdmitted: Bool
      let answered: ContinuousClock.Instant
      if keepsPermits {
        let permit = try await limiter.acquire(request, waitingUpTo: .zero).permit
        answered = .now
        isAdmitted = permit != nil
        if let permit { _ = try await limiter.settle(permit, .unknown) }
      } else {
        isAdmitted = try await limiter.admit(request, waitingUpTo: .zero).denial == nil
        answered = .now
      }
      // The settlement belongs to the decision: one that ends too late is none. What was under way at the beginning is done within the time.
      guard calls != nil || (begins..<ends).contains(.now) else { continue }
      guard isAdmitted else {
        share.refused += 1
        continue
      }
      share.admitted += 1
      if asked >= begins { share.times.append(answered - asked) }
    }
    return share
  }
}
