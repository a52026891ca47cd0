import ArgumentParser
import LimiterClient
import LimiterCore

/// `limiterctl status`.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Whether limiterd works, what it holds and who waits; with --config all hosts.")

  /// What INFO tells as texts, also where they look like numbers.
  private static let texts: Set = [
    "limiterd_version", "state", "redis_state", "redis_address", "redis_session", "redis_maxmemory_policy",
    "decided_by", "degraded_because", "redis_refuses", "policy_domain", "policy_restart_needed_for",
  ]

  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var policy: PolicyOptions

  func validate() throws { try daemon.validate(besideDirect: policy.config != nil) }

  func run() async throws {
    if policy.config != nil { return try await tellDirectly() }
    let info = try await daemon.info()
    var sections: [(name: String, fields: [(String, String)])] = []
    for line in info.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("# ") {
        sections.append((String(line.dropFirst(2)).lowercased(), []))
      } else if let colon = line.firstIndex(of: ":"), !sections.isEmpty {
        sections[sections.count - 1].fields.append(
          (String(line[..<colon]), String(line[line.index(after: colon)...])))
      }
    }
    if daemon.json {
      let object = sections.reduce(into: [String: Any]()) { all, section in
        all[section.name] = section.fields.reduce(into: [String: Any]()) { fields, field in
          let (name, value) = field
          fields[name] = Self.texts.contains(name) ? value : Int64(value) ?? value as Any
        }
      }
      return try Output.print(JSONText.text(of: object))
    }
    if let warning = Self.warning(sections.first { $0.name == "redis" }?.fields ?? []) { try Output.print(warning) }
    for section in sections {
      try Output.print(section.name)
      for (name, value) in section.fields { try Output.print("  \(name): \(value)") }
    }
  }

  /// What nobody should have to look for.
  private static func warning(_ fields: [(String, String)]) -> String? {
    let values = Dictionary(fields, uniquingKeysWith: { first, _ in first })
    if let why = values["redis_refuses"] { return "REFUSED: Redis refuses to decide, until somebody acts: \(why)" }
    guard values["decided_by"] == "on_failure" else { return nil }
    let since = Amount.milliseconds(.number(values["degraded_for_ms"].flatMap { Int64($0) } ?? 0))
    return
      "DEGRADED for \(since): Redis gives no answer (\(values["degraded_because"] ?? "")); limits are decided as their on_failure says"
  }

  private func tellDirectly() async throws {
    let (hosts, fleet, waiting, cooling) = try await policy.withLimiter { limiter, _ in
      (
        try await limiter.hosts(), try await limiter.report([:], alarm: FleetAlarm(fallbacksPerMille: nil)),
        try await limiter.waiting(), try await limiter.cooldowns()
      )
    }
    let calls = waiting.waitingCalls
    let left = cooling.filter { $0.state.admission == .cooling }.map(\.model)
    // This one is a process of the domain, too, as long as it looks.
    let others = hosts.hosts.filter { $0.who != PolicyOptions.name }
    if daemon.json {
      let object: [String: Any] = [
        "hosts": others.map { host -> [String: Any] in
          [
            "session": host.session, "who": host.who, "permits": host.permits,
            "alive_for_ms": (host.aliveUntil.microseconds - hosts.now.microseconds) / 1_000,
          ]
        },
        "waiting": calls, "left_alone": left, "fleet": fleet.counts,
      ]
      return try Output.print(JSONText.text(of: object))
    }
    var table = Table("HOST", "SESSION", "PERMITS", "ALIVE FOR", "SINCE")
    for host in others {
      let (alive, age) = (
        host.aliveUntil.microseconds - hosts.now.microseconds, hosts.now.microseconds - host.openedAt.microseconds
      )
      table.add([
        host.who, host.session, "\(host.permits)",
        alive > 0 ? Amount.milliseconds(.number(alive / 1_000)) : "it is over",
        Amount.milliseconds(.number(age / 1_000)),
      ])
    }
    try Output.print(others.isEmpty ? "No process of this domain is there." : table.text)
    try Output.print("\(calls) calls wait; left alone: \(left.isEmpty ? "no model" : left.joined(separator: ", "))")
    let share = "\(fleet[.fallbacks]) fallbacks (\(fleet.fallbacksPerMille) per mille)"
    try Output.print("last 5 minutes: \(fleet[.calls]) calls, \(share), \(Amount.dollars(fleet[.nanodollars]))")
  }
}
