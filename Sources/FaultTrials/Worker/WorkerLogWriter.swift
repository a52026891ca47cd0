import Foundation
import LimiterClient
import LimiterCore

/// A worker's words: one line for each step, each by one write to standard output before the next step begins, so that what a killed worker
/// has done is known but for the step that it was in.
///
///     g <us> <permit> <granted at, server's us> <tokens> <nanodollars> <run> <tenant or ->   granted
///     b <us> <permit> <nanodollars> <tokens>                                                  about to be settled, with what was used
///     s <us> <permit> <outcome>                                                               settled
///     d <us> <reason>                                                                         denied
///     e <us> <acquire or settle> <code>                                                       no answer
///     z <us>                                                                                  done: the last line of a worker that was not killed
///
/// `<us>` is the host's monotonic clock, the same in all processes.
struct WorkerLogWriter: Sendable {
  func granted(_ permit: Permit, tenant: String?) {
    let run = permit.reservations.first { $0.limit.rawValue.hasPrefix("\(TrialPolicy.runBudget):") }
    write(
      "g \(Self.now) \(permit.id) \(permit.grantedAt.microseconds) \(permit.reserved(.tokens) ?? 0) "
        + "\(permit.reserved(.nanodollars) ?? 0) \(run?.limit.rawValue ?? "-") \(tenant ?? "-")")
  }

  func settling(_ permit: Permit, _ used: Usage) {
    let (input, output) = (used.inputTokens ?? 0, used.outputTokens ?? 0)
    write("b \(Self.now) \(permit.id) \(TrialPolicy.cost(input: input, output: output)) \(input + output)")
  }

  func settled(_ permit: Permit, _ outcome: String) { write("s \(Self.now) \(permit.id) \(outcome)") }
  func denied(_ reason: String) { write("d \(Self.now) \(reason)") }

  func failed(_ what: String, _ error: any Error) {
    write("e \(Self.now) \(what) \((error as? LimiterError).map { "\($0.code)" } ?? "\(type(of: error))")")
  }

  func done() { write("z \(Self.now)") }

  /// Microseconds of the host's monotonic clock.
  static var now: Int64 { MonotonicClock.now }

  private func write(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { bytes in _ = Glibc.write(1, bytes.baseAddress, bytes.count) }
  }
}
