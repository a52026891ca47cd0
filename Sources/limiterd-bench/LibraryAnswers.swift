import Foundation
import LimiterClient
import LimiterCore

/// Decides what is asked on the standard input, a line with an amount for each call.
struct LibraryAnswers: Sendable {
  let limiter: LimiterClient

  /// Ends with the input.
  func run() async throws {
    emit("ready")
    while let line = readLine() {
      guard let amount = Int64(line) else { throw BenchError(what: "expected an amount, got `\(line)`") }
      switch try await limiter.acquire(AdmissionRequest(model: "hot", tokens: amount), waitingUpTo: .zero) {
      case .granted(let permit):
        _ = try await limiter.settle(permit, .unknown)
        emit("granted \(permit.grantedAt.microseconds)")
      case .denied(let denial):
        emit(
          "denied \(denial.retryAfter.map { String($0.components.attoseconds / 1_000_000_000_000 + $0.components.seconds * 1_000_000) } ?? "-")"
        )
      }
    }
  }

  private func emit(_ line: String) {
    print(line)
    fflush(nil)
  }
}
