import LimiterConfiguration
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// INFO, as Redis writes it: `# Section`, then `key:value`.
extension DaemonCore {
  private static let sections = ["server", "clients", "permits", "stats", "redis", "policy", "fleet"]

  func info(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var asked: [String] = []
    var reader = ArgumentReader(command)
    while let keyword = try reader.keyword() {
      let section = keyword.lowercased()
      if ["all", "default", "everything"].contains(section) {
        asked = Self.sections
      } else if Self.sections.contains(section) {
        asked.append(section)
      }
    }
    if command.arguments.isEmpty { asked = Self.sections }
    let text = asked.map { section in
      let lines = lines(of: section).map { "\($0.0):\($0.1)\r\n" }.joined()
      return "# \(section.prefix(1).uppercased())\(section.dropFirst())\r\n\(lines)"
    }.joined(separator: "\r\n")
    target.answer { $0.writeRESP(bulk: text) }
  }

  private func lines(of section: String) -> [(String, String)] {
    switch section {
    case "server": serverLines
    case "clients":
      [
        ("connected_clients", "\(connections.count)"), ("maxclients", "\(settings.server.maximumConnections)"),
        ("sessions", "\(sessions.count)"), ("sessions_named", "\(named.count)"),
        ("connections_received", "\(counters.connectionsAccepted)"),
        ("connections_refused", "\(counters.connectionsRefused)"), ("slow_readers_closed", "\(counters.slowReaders)"),
        ("session_takeovers", "\(counters.takeovers)"), ("permits_adopted", "\(counters.adopted)"),
      ]
    case "permits":
      [
        ("permits_held", "\(permits.count)"), ("waiting", "\(engine.waitingCount)"),
        ("settlements_pending", "\(engine.settlementCount)"),
      ]
    case "stats": statisticsLines
    case "redis": redisLines
    case "fleet": fleetLines
    default: policyLines
    }
  }

  private var serverLines: [(String, String)] {
    let seconds = (NIODeadline.now() - started).nanoseconds / 1_000_000_000
    let state =
      switch phase {
      case .running: "running"
      case .draining: "draining"
      case .stopped: "stopped"
      }
    return [
      ("limiterd_version", LimiterVersion.text), ("process_id", "\(ProcessFacts.pid)"),
      ("uptime_in_seconds", "\(seconds)"), ("state", state),
    ]
  }

  private var statisticsLines: [(String, String)] {
    [
      ("total_commands_processed", "\(counters.commands)"), ("decisions", "\(counters.decisions)"),
      ("granted", "\(counters.granted)"), ("denied", "\(counters.denied)"), ("failed", "\(counters.failed)"),
      ("withdrawn", "\(counters.withdrawn)"), ("settled", "\(counters.settled)"),
      ("abandoned", "\(counters.abandoned)"), ("protocol_errors", "\(counters.protocolErrors)"),
      ("command_errors", "\(counters.commandErrors)"), ("degraded_granted", "\(counters.degradedGranted)"),
      ("degraded_denied", "\(counters.degradedDenied)"),
    ]
  }

  private var redisLines: [(String, String)] {
    let state =
      switch client.state {
      case .ready(evictionPolicy: _): "connected"
      default: "disconnected"
      }
    return [
      ("redis_state", state), ("redis_address", settings.redisDescription),
      ("redis_session", engine.sessionID ?? ""), ("redis_sessions_lost", "\(counters.redisSessionsLost)"),
      ("redis_maxmemory_policy", client.evictionPolicy ?? ""), ("redis_hosts", "\(engine.hosts ?? 0)"),
      ("redis_states_lost", "\(counters.statesLost)"),
      ("redis_permits_told_again", "\(counters.permitsToldAgain)"), ("degradations", "\(counters.degradations)"),
    ] + (engine.refusal.map { [("redis_refuses", oneLine($0))] } ?? []) + degradedLines
  }

  /// Whether Redis decides, and what does if it does not.
  private var degradedLines: [(String, String)] {
    guard let degraded = engine.degradation else { return [("decided_by", "redis")] }
    return [
      ("decided_by", "on_failure"), ("degraded_for_ms", "\((engine.now - degraded.since) / 1_000)"),
      ("degraded_because", oneLine(degraded.cause)),
    ]
  }

  private func oneLine(_ error: any Error) -> String {
    String("\(error)".split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300))
  }

  /// Of the last five minutes.
  private var fleetLines: [(String, String)] {
    [
      ("fleet_calls", "\(fleet[.calls])"), ("fleet_fallbacks", "\(fleet[.fallbacks])"),
      ("fleet_fallbacks_per_mille", "\(fleet.fallbacksPerMille)"), ("fleet_retries", "\(fleet[.retries])"),
      ("fleet_provider_429", "\(fleet[.rateLimited])"), ("fleet_nanodollars", "\(fleet[.nanodollars])"),
    ]
  }

  private var policyLines: [(String, String)] {
    let policy = active.value.policy
    return [
      ("policy_domain", policy.domain), ("policy_models", "\(policy.models.count)"),
      ("policy_limits", "\(policy.limits.count)"), ("policy_reloads", "\(counters.reloads)"),
      ("policy_reloads_refused", "\(counters.reloadsRefused)"),
      ("policy_restart_needed_for", unappliedSections.joined(separator: ",")),
    ]
  }
}
