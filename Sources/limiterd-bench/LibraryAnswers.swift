import Foundation
import LimiterClient
import LimiterCore

/// Decides what is asked on the standard input, a line with an amount for each call.
struct LibraryAnswers: Sendable {
  let limiter: LimiterClient
  /// Otherwise a call is only counted.
  let keepsPermits: Bool

  /// Ends with the input.
  func run() async throws {
    emit("ready")
    while let line = readLine() {
      guard let amount = Int64(line) else { throw BenchError(what: "expected an amount, got `\(line)`") }
      switch try await decide(AdmissionRequest(model: "hot", tokens: amount)) {
      case .admitted(let time, _): emit("granted \(time.microseconds)")
      case .denied(let denial):
        emit(
          "denied \(denial.retryAfter.map { String($0.components.attoseconds / 1_000_000_000_000 + $0.components.seconds * 1_000_000) } ?? "-")"
        )
      }
    }
  }

  private func decide(_ request: AdmissionRequest) async throws -> Admission {
    guard keepsPermits else { return try await limiter.admit(request, waitingUpTo: .zero) }
    switch try await limiter.acquire(request, waitingUpTo: .zero) {
    case .denied(let denial): return .denied(denial)
    case .granted(let permit):
      _ = try await limiter.settle(permit, .unknown)
      return .admitted(at: permit.grantedAt, isDegraded: permit.isDegraded)
    }
  }

  private func emit(_ line: String) {
    print(line)
    fflush(nil)
  }
}
