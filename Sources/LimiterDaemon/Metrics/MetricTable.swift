import LimiterCore
import LimiterRedis

/// All metrics, in the order of `/metrics`; docs/metrics.md is this table.
package enum MetricTable {
  private static let model = Metric.Label(
    name: "model", values: .named("models of the policy", atMost: MetricBounds.models))
  private static let limit = Metric.Label(
    name: "limit", values: .named("limits of the policy", atMost: MetricBounds.limits))
  private static let script = Metric.Label(
    name: "script",
    values: .closed([
      "acquire", "adopt", "announce", "cooldown", "inspect", "look", "observe", "report", "session", "settle",
    ]))
  private static let reason = Metric.Label(
    name: "reason", values: .closed(ReasonWords.failures + [MetricBounds.otherName]))

  package static let build = Metric(
    name: "limiterd_build_info", kind: .gauge, unit: "1", help: "Always 1; the version is the label.",
    labels: [.init(name: "version", values: .named("this version", atMost: 1))])
  package static let uptime = Metric(
    name: "limiterd_uptime_seconds", kind: .gauge, unit: "seconds", help: "Time since the daemon began.")
  package static let ready = Metric(
    name: "limiterd_ready", kind: .gauge, unit: "0 or 1", help: "Whether calls can be admitted, as /readyz says.")
  package static let decisions = Metric(
    name: "limiterd_decisions_total", kind: .counter, unit: "calls",
    help: "Calls by what became of them; failed: Redis did not decide; withdrawn: the caller has gone, or withdrew it.",
    labels: [model, .init(name: "outcome", values: .closed(DaemonMetrics.Outcome.allCases.map(\.rawValue)))])
  package static let denials = Metric(
    name: "limiterd_denials_total", kind: .counter, unit: "calls", help: "Denied calls by reason.",
    labels: [
      .init(
        name: "reason",
        values: .closed(["window", "budget", "concurrency", "too_large", "behind", "draining"]))
    ])
  package static let degraded = Metric(
    name: "limiterd_degraded", kind: .gauge, unit: "0 or 1",
    help: "Whether Redis gives no answer, and limits are decided as their `on_failure` says.")
  package static let degradedDecisions = Metric(
    name: "limiterd_degraded_decisions_total", kind: .counter, unit: "calls",
    help: "Calls that limiterd's own share has decided, because Redis gave no answer.",
    labels: [.init(name: "outcome", values: .closed(["granted", "denied"]))])
  package static let statesLost = Metric(
    name: "limiterd_redis_states_lost_total", kind: .counter, unit: "times",
    help: "Times that Redis had lost the limits' state, and was told what this limiterd knew.")
  package static let permitsToldAgain = Metric(
    name: "limiterd_redis_permits_told_again_total", kind: .counter, unit: "permits",
    help: "Permits that Redis had forgotten, as in a failover, and was told again.")
  package static let waiting = Metric(
    name: "limiterd_waiting_calls", kind: .gauge, unit: "calls", help: "Calls without an answer.")
  package static let wait = Metric(
    name: "limiterd_wait_seconds", kind: .histogram, unit: "seconds",
    help: "From a call's arrival to its grant or denial.")
  package static let permits = Metric(
    name: "limiterd_permits_held", kind: .gauge, unit: "permits", help: "Permits that are held through this limiterd.")
  package static let settlements = Metric(
    name: "limiterd_settlements_total", kind: .counter, unit: "permits",
    help: "Settled permits by outcome; gone: unknown or settled before; abandoned: its session or time ended first.",
    labels: [
      .init(
        name: "outcome", values: .closed(["settled", "settled_late", "gone", "refused", "failed", "abandoned"]))
    ])
  package static let pendingSettlements = Metric(
    name: "limiterd_settlements_pending", kind: .gauge, unit: "permits",
    help: "Settlements that Redis has not confirmed.")
  package static let scriptCalls = Metric(
    name: "limiterd_redis_script_calls_total", kind: .counter, unit: "calls",
    help: "Calls of scripts in Redis; one decides many calls of workers.", labels: [script])
  package static let scriptErrors = Metric(
    name: "limiterd_redis_script_errors_total", kind: .counter, unit: "calls",
    help: "Calls of scripts that failed or had no answer in time.", labels: [script])
  package static let scriptTime = Metric(
    name: "limiterd_redis_script_seconds", kind: .histogram, unit: "seconds",
    help: "From sending a script's call to its answer or error.")
  package static let redisConnected = Metric(
    name: "limiterd_redis_connected", kind: .gauge, unit: "0 or 1", help: "Whether there is a connection to Redis.")
  package static let redisSessionsLost = Metric(
    name: "limiterd_redis_sessions_lost_total", kind: .counter, unit: "sessions",
    help: "Sessions in Redis that were over before they were renewed: their permits ended as abandoned.")
  package static let sessions = Metric(
    name: "limiterd_sessions", kind: .gauge, unit: "sessions", help: "Sessions of workers; all HTTP clients share one.")
  package static let connections = Metric(
    name: "limiterd_connections", kind: .gauge, unit: "connections",
    help: "Connections of the worker protocol.")
  package static let connectionsAccepted = Metric(
    name: "limiterd_connections_accepted_total", kind: .counter, unit: "connections",
    help: "Connections of the worker protocol since the start.")
  package static let connectionsRefused = Metric(
    name: "limiterd_connections_refused_total", kind: .counter, unit: "connections",
    help: "Connections that were one too many.")
  package static let commands = Metric(
    name: "limiterd_commands_total", kind: .counter, unit: "commands", help: "Commands, those of HTTP included.")
  package static let commandErrors = Metric(
    name: "limiterd_command_errors_total", kind: .counter, unit: "commands",
    help: "Commands that were refused as they came: malformed, unknown, without a password.")
  package static let httpRequests = Metric(
    name: "limiterd_http_requests_total", kind: .counter, unit: "requests", help: "HTTP requests with an answer.",
    labels: [
      .init(name: "path", values: .closed(HTTPRouteTable.routes.map(\.path) + [MetricBounds.otherName])),
      .init(name: "status", values: .closed(["2xx", "4xx", "5xx"])),
    ])
  package static let reloads = Metric(
    name: "limiterd_policy_reloads_total", kind: .counter, unit: "reloads", help: "Policies that were read again.",
    labels: [.init(name: "outcome", values: .closed(["applied", "refused"]))])
  package static let used = Metric(
    name: "limiterd_limit_used", kind: .gauge, unit: "the limit's",
    help: "What is used of a limit that is counted once, or once for a model; a budget's held money included.",
    labels: [limit])
  package static let llmCalls = Metric(
    name: "limiterd_llm_calls_total", kind: .counter, unit: "calls",
    help: "Calls of the library's LLM, as workers of this limiterd report them.")
  package static let llmFailed = Metric(
    name: "limiterd_llm_failed_total", kind: .counter, unit: "calls", help: "Of them, without an answer.")
  package static let llmAttempts = Metric(
    name: "limiterd_llm_attempts_total", kind: .counter, unit: "requests", help: "Requests to providers.")
  package static let llmRetries = Metric(
    name: "limiterd_llm_retries_total", kind: .counter, unit: "requests",
    help: "Of them, to a model that the call had asked before.")
  package static let llmFallbacks = Metric(
    name: "limiterd_llm_fallbacks_total", kind: .counter, unit: "calls",
    help: "Calls that another than the first model answered, or the cache, by what the first failed with.",
    labels: [
      .init(name: "reason", values: .closed(ReasonWords.fallbacks + [MetricBounds.otherName]))
    ])
  package static let llmFailures = Metric(
    name: "limiterd_llm_failures_total", kind: .counter, unit: "requests", help: "Requests that failed, by class.",
    labels: [reason])
  package static let llmRateLimited = Metric(
    name: "limiterd_llm_provider_429_total", kind: .counter, unit: "requests",
    help:
      "A provider answered 429 though a limiter had admitted: the limits are not as the policy says, or others use the key."
  )
  package static let llmOverBudget = Metric(
    name: "limiterd_llm_over_budget_total", kind: .counter, unit: "times", help: "Times that a budget stopped a call.")
  package static let llmSpent = Metric(
    name: "limiterd_llm_spent_nanodollars_total", kind: .counter, unit: "nanodollars", help: "What calls have cost.")
  package static let llmEstimated = Metric(
    name: "limiterd_llm_estimated_tokens_total", kind: .counter, unit: "tokens",
    help: "Tokens that answered calls were expected to use.")
  package static let llmEstimateError = Metric(
    name: "limiterd_llm_estimate_error_tokens_total", kind: .counter, unit: "tokens",
    help: "By how much those expectations were wrong, up or down.")
  package static let cooldowns = Metric(
    name: "limiterd_cooldowns_total", kind: .counter, unit: "times",
    help: "Times that a worker of this limiterd said to leave a model alone, by why.", labels: [reason])
  package static let fleetCalls = Metric(
    name: "limiterd_fleet_calls", kind: .gauge, unit: "calls",
    help: "Calls of all workers of the domain in the last five minutes, as known at most 30 s ago.")
  package static let fleetFallbacks = Metric(
    name: "limiterd_fleet_fallbacks", kind: .gauge, unit: "calls", help: "Of them, answered by fallbacks.")
  package static let fleetAlert = Metric(
    name: "limiterd_fleet_fallback_alert", kind: .gauge, unit: "0 or 1",
    help: "Whether their share is above what the policy's `alerts` says.")
  /// The label of a settlement.
  static func outcome(of result: Result<SettleOutcome, any Error>) -> String {
    switch result {
    case .success(.settled): "settled"
    case .success(.settledLate): "settled_late"
    case .success(.gone): "gone"
    case .success(.refused): "refused"
    case .failure: "failed"
    }
  }

  package static let allowed = Metric(
    name: "limiterd_limit_allowed", kind: .gauge, unit: "the limit's", help: "What the limit allows, headroom applied.",
    labels: [limit])
  package static let startTime = Metric(
    name: "process_start_time_seconds", kind: .gauge, unit: "seconds", help: "When the daemon began, since 1970.")
  package static let cpu = Metric(
    name: "process_cpu_seconds_total", kind: .counter, unit: "seconds", help: "Time on processors, user and system.")
  package static let memory = Metric(
    name: "process_resident_memory_bytes", kind: .gauge, unit: "bytes", help: "Resident memory.")

  package static let all: [Metric] = [
    build, uptime, ready, decisions, denials, degraded, degradedDecisions, statesLost, permitsToldAgain, waiting, wait,
    permits,
    settlements, pendingSettlements, scriptCalls,
    scriptErrors, scriptTime, redisConnected, redisSessionsLost, sessions, connections, connectionsAccepted,
    connectionsRefused, commands, commandErrors, httpRequests, reloads, used, allowed, llmCalls, llmFailed, llmAttempts,
    llmRetries, llmFallbacks, llmFailures, llmRateLimited, llmOverBudget,
    llmSpent, llmEstimated, llmEstimateError, cooldowns, fleetCalls, fleetFallbacks, fleetAlert, startTime, cpu, memory,
  ]
}
