import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterRedis
import Logging
import NIOCore
import RedisClient
import Webhooks

/// REPORT: what workers have counted of their calls to providers.
extension DaemonCore {
  func report(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    var names: Set<String> = []
    var counts: [String: Int64] = [:]
    while !reader.isAtEnd {
      let name = try reader.text("the name of a counter")
      guard FleetCounter.isName(name) else {
        let known = FleetCounter.allCases.map(\.rawValue).joined(separator: ", ")
        throw reader.malformed("expected one of \(known), fallback:<reason>, failure:<class>")
      }
      guard names.insert(name).inserted else { throw reader.malformed("\(name) is given twice") }
      let amount = try reader.number(name, 0...LimiterBounds.amount)
      let counter = ReasonWords.counter(name)
      counts[counter] = min(counts[counter, default: 0] + amount, LimiterBounds.amount)
    }
    report(counts) { result in
      switch result {
      case .success(let report): target.answer { report.write(to: &$0) }
      case .failure(let error):
        let isView = counts.isEmpty
        target.answer(CommandError.translate(error, asked: isView ? .view : .change, counts: !isView))
      }
    }
  }

  /// Asks now and then, so that `/metrics` tells what is so when nobody reports.
  func keepLookingAtFleet() {
    guard phase != .stopped else { return }
    if client.state.isReady, NIODeadline.now() - fleetSeen > DaemonBounds.fleetAge { report([:]) { _ in } }
    eventLoop.assumeIsolated().scheduleTask(in: DaemonBounds.fleetAge) { self.keepLookingAtFleet() }
  }

  private func report(_ counts: [String: Int64], _ answered: @escaping (Result<FleetReport, any Error>) -> Void) {
    let call = ReportCodec.call(counts, alarm: alarm, keys: DomainKeys(domain: active.value.policy.domain))
    evaluate(store.scripts.report, call) { [self] result in
      do {
        let report = try ReportCodec.answer(try result.get())
        metrics.reported(counts)
        fleet = report
        fleetSeen = .now()
        tell(report)
        answered(.success(report))
      } catch { answered(.failure(error)) }
    }
  }

  private func tell(_ report: FleetReport) {
    guard let alert = FallbackAlert(report, domain: active.value.policy.domain) else { return }
    let metadata: Logger.Metadata = [
      "fallbacks": "\(alert.fallbacks)", "calls": "\(alert.calls)", "reasons": "\(alert.reasons)",
    ]
    if report.alert == .begins {
      logger.warning("too many calls are answered by fallbacks", metadata: metadata)
    } else {
      logger.notice("few calls are answered by fallbacks again", metadata: metadata)
    }
    if let url = settings.alerts.webhook { Webhook(url: url, logger: logger).post(alert) }
  }

  private var alarm: FleetAlarm {
    FleetAlarm(fallbacksPerMille: settings.alerts.fallbacksPerMille, leastCalls: settings.alerts.leastCalls)
  }
}

extension FleetReport {
  fileprivate func write(to reply: inout ReplyBuffer) {
    reply.writeRESP(array: 4)
    reply.writeRESP(bulk: "alert")
    switch alert {
    case .none: reply.writeRESP(bulk: "none")
    case .goesOn: reply.writeRESP(bulk: "goes_on")
    case .begins: reply.writeRESP(bulk: "begins")
    case .ends: reply.writeRESP(bulk: "ends")
    }
    reply.writeRESP(bulk: "counts")
    reply.writeRESP(array: counts.count)
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      reply.writeRESP(array: 2)
      reply.writeRESP(bulk: name)
      reply.writeRESP(count)
    }
  }
}
