import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// `/metrics`.
extension DaemonCore {
  /// A model is a label: only those that the policy has are told apart.
  func observe(_ model: String, _ outcome: DaemonMetrics.Outcome, count: Int64) {
    metrics.decided(model, outcome, count: count, isKnown: active.value.policy.models[model] != nil)
  }

  /// Denied because this daemon is about to end.
  func observeDraining(_ model: String, count: Int64 = 1) {
    observe(model, .denied, count: count)
    metrics.denied("draining", count: count)
  }

  /// Tells all metrics; what is used of limits only if Redis says it in time.
  func writeMetrics(_ promise: EventLoopPromise<String>) {
    let limits = countedLimits()
    guard !limits.isEmpty, client.state.isReady else { return promise.succeed(metricsText([])) }
    usages(of: limits, within: MetricBounds.scrapeTime) { [self] result in
      let usages = (try? result.get().usages) ?? []
      promise.succeed(metricsText(Array(zip(limits, usages))))
    }
  }

  /// Limits that are counted once for the domain or for a model: of those per tenant or run there may be any number.
  private func countedLimits() -> [EffectiveLimit] {
    guard let now = engine.knownServerNow else { return [] }
    let policy = active.value
    var seen: Set<LimitID> = []
    var limits: [EffectiveLimit] = []
    for model in policy.policy.models.keys.sorted() where limits.count < MetricBounds.limits {
      var request = AdmissionRequest(model: model)
      request.amounts = Amounts(requests: 1, inputTokens: 1, outputTokens: 1, tokens: 1, nanodollars: 1)
      for need in policy.resolver.resolve(request, at: now) where seen.insert(need.limit.id).inserted {
        limits.append(need.limit)
      }
    }
    return Array(limits.prefix(MetricBounds.limits))
  }

  private func metricsText(_ limits: [(limit: EffectiveLimit, usage: LimitUsage)]) -> String {
    var text = MetricsText()
    text.write(MetricTable.build, samples: [([LimiterVersion.text], "1")])
    text.write(MetricTable.uptime, microseconds: (NIODeadline.now() - started).nanoseconds / 1_000)
    text.write(MetricTable.ready, reasonNotReady == nil ? 1 : 0)
    writeCalls(to: &text)
    writeRedis(to: &text)
    writeClients(to: &text)
    text.write(
      MetricTable.reloads, closed: ["applied": counters.reloads, "refused": counters.reloadsRefused])
    text.write(MetricTable.used, samples: limits.map { ([$0.limit.id.rawValue], String($0.usage.used)) })
    text.write(MetricTable.allowed, samples: limits.map { ([$0.limit.id.rawValue], String($0.limit.amount)) })
    writeLLM(to: &text)
    text.write(MetricTable.startTime, microseconds: startedAt)
    text.write(MetricTable.cpu, microseconds: ProcessFacts.cpuMicroseconds)
    if let bytes = ProcessFacts.residentBytes { text.write(MetricTable.memory, bytes) }
    return text.text
  }

  private func writeCalls(to text: inout MetricsText) {
    let decisions = metrics.decisions.sorted { $0.key < $1.key }.flatMap { model, counts in
      DaemonMetrics.Outcome.allCases.map { (labels: [model, $0.rawValue], value: String(counts[$0])) }
    }
    text.write(MetricTable.decisions, samples: decisions)
    text.write(MetricTable.denials, closed: metrics.denials)
    text.write(MetricTable.degraded, engine.degradation == nil ? 0 : 1)
    text.write(
      MetricTable.degradedDecisions, closed: ["granted": counters.degradedGranted, "denied": counters.degradedDenied])
    text.write(MetricTable.statesLost, counters.statesLost)
    text.write(MetricTable.permitsToldAgain, counters.permitsToldAgain)
    text.write(MetricTable.waiting, Int64(engine.waitingCount))
    text.write(MetricTable.wait, metrics.waits)
    text.write(MetricTable.permits, Int64(permits.count))
    text.write(MetricTable.settlements, closed: metrics.settlements)
    text.write(MetricTable.pendingSettlements, Int64(engine.settlementCount))
  }

  private func writeRedis(to text: inout MetricsText) {
    text.write(MetricTable.scriptCalls, closed: metrics.scriptCalls)
    text.write(MetricTable.scriptErrors, closed: metrics.scriptErrors)
    text.write(MetricTable.scriptTime, metrics.scripts)
    text.write(MetricTable.redisConnected, client.state.isReady ? 1 : 0)
    text.write(MetricTable.redisSessionsLost, counters.redisSessionsLost)
  }

  /// What workers have reported.
  private func writeLLM(to text: inout MetricsText) {
    let reported = metrics.reported
    func counts(after prefix: String) -> [String: Int64] {
      reported.reduce(into: [:]) { found, entry in
        if entry.key.hasPrefix(prefix) { found[String(entry.key.dropFirst(prefix.count))] = entry.value }
      }
    }
    func write(_ metric: Metric, _ counter: FleetCounter) { text.write(metric, reported[counter.rawValue] ?? 0) }
    write(MetricTable.llmCalls, .calls)
    write(MetricTable.llmFailed, .failed)
    write(MetricTable.llmAttempts, .attempts)
    write(MetricTable.llmRetries, .retries)
    text.write(MetricTable.llmFallbacks, closed: counts(after: FleetCounter.fallbackPrefix))
    text.write(MetricTable.llmFailures, closed: counts(after: FleetCounter.failurePrefix))
    write(MetricTable.llmRateLimited, .rateLimited)
    write(MetricTable.llmOverBudget, .overBudget)
    write(MetricTable.llmSpent, .nanodollars)
    write(MetricTable.llmEstimated, .estimatedTokens)
    write(MetricTable.llmEstimateError, .estimateError)
    text.write(MetricTable.cooldowns, closed: metrics.cooldowns)
    text.write(MetricTable.fleetCalls, fleet[.calls])
    text.write(MetricTable.fleetFallbacks, fleet[.fallbacks])
    text.write(MetricTable.fleetAlert, [.begins, .goesOn].contains(fleet.alert) ? 1 : 0)
  }

  private func writeClients(to text: inout MetricsText) {
    text.write(MetricTable.sessions, Int64(sessions.count))
    text.write(MetricTable.connections, Int64(connections.count))
    text.write(MetricTable.connectionsAccepted, counters.connectionsAccepted)
    text.write(MetricTable.connectionsRefused, counters.connectionsRefused)
    text.write(MetricTable.commands, counters.commands)
    text.write(MetricTable.commandErrors, counters.commandErrors)
    let requests = metrics.httpRequests.sorted { ($0.key.path, $0.key.status) < ($1.key.path, $1.key.status) }
    text.write(MetricTable.httpRequests, samples: requests.map { ([$0.key.path, $0.key.status], String($0.value)) })
  }
}
