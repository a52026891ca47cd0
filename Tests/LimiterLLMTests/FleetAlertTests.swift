import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import LimiterClient
import LimiterCore
import LimiterLLM
import Logging
import NIOCore
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// Too many calls of all workers fall back: somebody is told, once.
@Suite struct FleetAlertTests {
  /// Takes what is posted, on loopback; the first attempt fails.
  private func withHook(_ body: @escaping @Sendable (String, Recorder<[String: String]>) async throws -> Void)
    async throws
  {
    let (posted, addresses) = (Recorder<[String: String]>(), Recorder<String>())
    let attempts = Recorder<Void>()
    let router = Router()
    router.post("/hook") { request, _ in
      let bytes = try await request.body.collect(upTo: 1 << 16)
      attempts.record(())
      guard attempts.elements.count > 1 else { return HTTPResponse.Status.internalServerError }
      let object = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any] ?? [:]
      posted.record(object.mapValues { "\($0)" })
      return HTTPResponse.Status.ok
    }
    var logger = Logger(label: "hook")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { addresses.record("http://127.0.0.1:\($0.localAddress?.port ?? 0)/hook") }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      defer { group.cancelAll() }
      try await body(try await addresses.wait(count: 1)[0], posted)
    }
  }

  private static let chain = ["gpt-4o", "gpt-4o-mini"]

  @Test func `what was told and whose answer is lost is not told again`() async throws {
    try await withWorld { world in
      let limiterd = try await ServedLimiterd(policy: "domain: \(world.domain)\n\(openPolicy)", redis: world.url)
      let proxy = try await CuttingProxy(to: limiterd.socket, losing: "alert")
      let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
      try await LimiterClient.withClient(.limiterd(socket: proxy.socket), logger: quiet) { limiter in
        let llm = LLM(limiter, world.settings, logger: quiet)
        _ = try await llm.complete("one", chain: ["gpt-4o"], run: "r")
        try await eventually("the first report is counted, and its answer lost") { proxy.connections == 2 }
        _ = try await llm.complete("two", chain: ["gpt-4o"], run: "r")
        try await eventually("the next report is counted") {
          await llm.report()
          return try await world.limiter.fleet().counts["calls", default: 0] > 1
        }
        #expect(try await world.limiter.fleet().counts["calls"] == 2)
      }
      await proxy.close()
      await limiterd.end(15)
    }
  }

  @Test func `two processes straight to Redis: one of them tells, what both have counted`() async throws {
    try await withHook { hook, posted in
      try await withWorld(openPolicy, { $0.faults = [ProviderFault(.quota, model: "gpt-4o")] }) { world in
        let alerts = Recorder<FleetReport>()
        func llm() -> LLM {
          world.llm {
            $0.alarm = FleetAlarm(leastCalls: 10)
            $0.onFallbackAlert = { alerts.record($0) }
            $0.webhook = hook
          }
        }
        let (first, second) = (llm(), llm())
        for number in 0..<12 {
          _ = try await (number % 2 == 0 ? first : second).complete(ChatRequest("\(number)"), chain: Self.chain)
        }
        await first.report()
        await second.report()
        let report = try await alerts.wait(count: 1)[0]
        #expect(report.alert == .begins && report[.calls] >= 10 && report.fallbacksPerMille == 1_000)
        let message = try await posted.wait(count: 1)[0]
        #expect(message["alert"] == "fallbacks" && message["state"] == "begins" && message["ratio"] == "1")
        try await eventually("all is told") { try await world.limiter.fleet()[.calls] == 12 }
        let fleet = try await world.limiter.fleet()
        #expect(fleet[.fallbacks] == 12 && fleet.counts["failure:quotaExhausted"] == 1)
        #expect(fleet.fallbackReasons["quotaExhausted"] == 1 && fleet.fallbackReasons["cooldown"] == 11)
        #expect(fleet[.nanodollars] == world.billed && fleet[.attempts] == 13)
        #expect(alerts.elements.count == 1)
      }
    }
  }

  @Test func `through limiterd it tells, by its own policy, and its metrics say so`() async throws {
    try await withHook { hook, posted in
      try await withWorld(openPolicy, { $0.faults = [ProviderFault(.quota, model: "gpt-4o")] }) { world in
        let policy =
          "domain: \(world.domain)\nalerts: {fallbacks: 0.5, least_calls: 5, webhook: \"\(hook)\"}\n\(openPolicy)"
        let limiterd = try await ServedLimiterd(
          policy: policy, redis: world.url, arguments: ["--http", "127.0.0.1:0"])
        let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        try await LimiterClient.withClient(.limiterd(socket: limiterd.socket), logger: quiet) { limiter in
          let llm = LLM(limiter, world.settings, logger: quiet)
          for number in 0..<6 { _ = try await llm.complete(ChatRequest("\(number)"), chain: Self.chain) }
          await llm.report()
        }
        let message = try await posted.wait(count: 1)[0]
        #expect(message["domain"] == world.domain && message["calls"] == "6")
        let log = await limiterd.log
        #expect(log.contains("too many calls are answered by fallbacks") && !log.contains(hook))
        let address = try #require(log.firstMatch(of: #/http://127\.0\.0\.1:[0-9]+/#)?.output)
        let response = try await HTTPClient.shared.execute(
          HTTPClientRequest(url: address + "/metrics"), timeout: .seconds(10))
        let metrics = String(buffer: try await response.body.collect(upTo: 1 << 20))
        for line in [
          "limiterd_llm_calls_total 6", "limiterd_llm_fallbacks_total{reason=\"cooldown\"} 5",
          "limiterd_llm_failures_total{reason=\"quotaExhausted\"} 1", "limiterd_fleet_calls 6",
          "limiterd_fleet_fallbacks 6",
          "limiterd_fleet_fallback_alert 1", "limiterd_cooldowns_total{reason=\"quotaExhausted\"} 1",
        ] { #expect(metrics.contains(line), "\(line)") }
        await limiterd.end(15)
      }
    }
  }
}
