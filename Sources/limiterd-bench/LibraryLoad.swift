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
    var times: [Duration] = []
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
    func rank(_ share: Double) -> Double {
      times.isEmpty ? 0 : times[Int(Double(times.count - 1) * share)] / .microseconds(1)
    }
    let seconds = elapsed / .seconds(1)
    return Figures(
      admitted: times.count, refused: shares.map(\.refused).reduce(0, +), seconds: seconds,
      perSecond: Double(times.count) / seconds, p50Us: rank(0.5), p99Us: rank(0.99))
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
      // The settlement belongs to the decision: one that ends too late is none.
      guard asked >= begins, calls != nil || ContinuousClock.now <= ends else { continue }
      if isAdmitted { share.times.append(answered - asked) } else { share.refused += 1 }
    }
    return share
  }
}
