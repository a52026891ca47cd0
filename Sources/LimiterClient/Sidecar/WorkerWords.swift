internal import Hiredis
internal import LimiterCore
internal import NIOCore

/// Commands of the worker protocol, as docs/worker-protocol.md has them.
enum WorkerWords {
  static func acquire(
    _ request: AdmissionRequest, wait: TimeAmount, id: Int64, keepsPermit: Bool
  ) -> [CommandArgument] {
    var words = call("ACQUIRE", request)
    // Rounded up, so that a wait is not cut short.
    let milliseconds = (max(wait.nanoseconds, 0) + 999_999) / 1_000_000
    if milliseconds > 0 { words += ["WAIT", CommandArgument(milliseconds)] }
    if !keepsPermit {
      words += ["HOLD", "0"]
    } else if let hold = request.hold {
      words += ["HOLD", CommandArgument(self.milliseconds(hold))]
    }
    return words + ["ID", CommandArgument(id), "DETAILS"]
  }

  /// A command that asks for a call: what it needs, and who makes it.
  static func call(_ name: CommandArgument, _ request: AdmissionRequest) -> [CommandArgument] {
    let amounts = request.amounts
    var words: [CommandArgument] = [name, CommandArgument(request.model)]
    if let tokens = amounts.statedTokens { words += ["TOKENS", CommandArgument(tokens)] }
    if amounts.inputTokens != 0 { words += ["INPUT", CommandArgument(amounts.inputTokens)] }
    if amounts.outputTokens != 0 { words += ["OUTPUT", CommandArgument(amounts.outputTokens)] }
    if amounts.maximumOutputTokens != 0 { words += ["MAX_OUTPUT", CommandArgument(amounts.maximumOutputTokens)] }
    if amounts.nanodollars != 0 { words += ["COST", CommandArgument(amounts.nanodollars)] }
    if let tenant = request.tenant { words += ["TENANT", CommandArgument(tenant)] }
    if let run = request.run { words += ["RUN", CommandArgument(run)] }
    for (name, value) in request.attributes { words += ["ATTR", CommandArgument(name), CommandArgument(value)] }
    if request.priority != 5 { words += ["PRIORITY", CommandArgument(Int64(request.priority))] }
    return words
  }

  static func settle(_ permit: String, _ usage: Usage) -> [CommandArgument] {
    var words: [CommandArgument] = ["SETTLE", CommandArgument(permit)]
    if let input = usage.inputTokens { words += ["INPUT", CommandArgument(input)] }
    if let output = usage.outputTokens { words += ["OUTPUT", CommandArgument(output)] }
    if let tokens = usage.tokens { words += ["TOKENS", CommandArgument(tokens)] }
    if let nanodollars = usage.nanodollars { words += ["COST", CommandArgument(nanodollars)] }
    return words
  }

  /// Whole milliseconds, rounded up.
  static func milliseconds(_ duration: Duration) -> Int64 { (duration.microsecondsRoundedUp + 999) / 1_000 }
}
