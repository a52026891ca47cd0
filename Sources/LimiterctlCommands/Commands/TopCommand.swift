import ArgumentParser
import Foundation
import LimiterClient
import LimiterCore

/// `limiterctl top`.
struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "The limits and how many calls wait, again each second, until Ctrl-C.",
    discussion: """
      With --json, or when the output is no terminal, each look is printed below the one before. JSON has the limits only: `queue` tells who waits, \
      `status` how many.
      """)

  @Option(help: ArgumentHelp("How often it looks, in seconds.", valueName: "seconds"))
  var interval: Double = 1

  @Option(help: ArgumentHelp("End after so many looks.", valueName: "number"))
  var looks: Int?

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws {
    guard (0.1...3_600).contains(interval) else {
      throw ValidationError("--interval: expected 0.1 to 3600 seconds, got \(interval)")
    }
    if let looks, looks < 1 { throw ValidationError("--looks: expected 1 or more, got \(looks)") }
    try daemon.validate(besideDirect: policy.config != nil)
  }

  func run() async throws {
    if policy.config != nil {
      return try await policy.withLimiter { limiter, policy in
        try await look { try await Self.limits(limiter, policy) }
      }
    }
    try await daemon.withConnection { connection in
      try await look {
        let (limits, info) = (try await connection.ask(["LIMITS"]), try await connection.ask(["INFO", "permits"]))
        let waiting = (info.text ?? "").split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        return (limits, waiting.joined(separator: "  "), LimitsCommand.table(limits))
      }
    }
  }

  private func look(_ once: () async throws -> (limits: Answer, head: String, table: String)) async throws {
    let isLive = !daemon.json && isatty(STDOUT_FILENO) == 1
    var left = looks ?? .max
    while left > 0 {
      left -= 1
      let seen = try await once()
      if daemon.json {
        try Output.print(JSONText.make(seen.limits, .records))
      } else {
        // Home, and everything below is cleared.
        try Output.print("\(isLive ? "\u{1b}[H\u{1b}[2J" : "")\(seen.head)\n\(seen.table)")
      }
      if left > 0 { try await Task.sleep(for: .seconds(interval)) }
    }
  }

  /// The limits that a call of any model meets which names no tenant and no run.
  private static func limits(_ limiter: Limiter, _ policy: Policy) async throws -> (Answer, String, String) {
    var statuses: [LimitStatus] = []
    for model in policy.models.keys.sorted() {
      for status in try await limiter.usage(of: AdmissionRequest(model: model), namesAll: false)
      where !statuses.contains(where: { $0.limit == status.limit }) { statuses.append(status) }
    }
    let waiting = try await limiter.waiting().waitingCalls
    let answer = Answer.list(statuses.map { Answer($0) })
    return (answer, "waiting:\(waiting)", LimitsCommand.table(ofCall: answer))
  }
}
