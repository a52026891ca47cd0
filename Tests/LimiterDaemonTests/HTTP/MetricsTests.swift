import Foundation
import Hiredis
import LimiterConfiguration
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct MetricsTests {
  @Test func `all that is told is in the table, and all of the table is told`() async throws {
    try await withHTTPDaemon("tokens: {tokens: 10/1h}\nslots: {concurrency: 5}") { daemon in
      let permit = try #require(try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 9}"#).string("permit"))
      _ = try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 9}"#)
      _ = try await daemon.post("/v1/acquire", #"{"model": "nobody"}"#)
      _ = try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#)
      try await daemon.daemon.reload(TestPolicy.parse("tokens: {tokens: 20/1h}", domain: daemon.domain))
      daemon.daemon.reloadWasRefused()
      let answer = try await daemon.get("/metrics")
      #expect(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
      let told = try PrometheusText.parse(answer.text)
      #expect(told.families.map(\.name) == MetricTable.all.map(\.name))
      for (family, metric) in zip(told.families, MetricTable.all) {
        #expect(family.type == metric.kind.rawValue)
        #expect(family.help == metric.help)
        for sample in family.samples { check(sample, metric) }
      }
      for (series, value) in [
        (#"limiterd_decisions_total{model="m",outcome="granted"}"#, 1.0),
        (#"limiterd_decisions_total{model="m",outcome="denied"}"#, 1),
        (#"limiterd_policy_reloads_total{outcome="applied"}"#, 1),
        (#"limiterd_policy_reloads_total{outcome="refused"}"#, 1),
        (#"limiterd_http_requests_total{path="/v1/acquire",status="4xx"}"#, 2),
        ("limiterd_command_errors_total", 1), (#"limiterd_limit_used{limit="tokens"}"#, 9),
        (#"limiterd_limit_allowed{limit="tokens"}"#, 20),
        (#"limiterd_redis_script_errors_total{script="acquire"}"#, 0),
        (#"limiterd_redis_script_calls_total{script="settle"}"#, 1), ("limiterd_redis_connected", 1),
      ] {
        #expect(try told.value(series) == value, "\(series)")
      }
      #expect(try #require(try told.value(#"limiterd_redis_script_calls_total{script="acquire"}"#)) >= 2)
      #expect(try #require(try told.value("process_resident_memory_bytes")) > 1_000_000)
      try await checkWithPromtool(answer.text)
    }
  }

  @Test func `reasons that workers invent are counted together, and their sum is that of all`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 5}") { daemon in
      let worker = try await daemon.connect()
      let counters =
        "fallback:overloaded 1 fallback:cooldown 2 fallback:abc 3 fallback:other 4 failure:abc 5 failure:answered 6"
      let told = try await worker.call(line: "REPORT \(counters)")["counts"]?.array?.compactMap { pair -> String? in
        guard let name = pair.array?.first?.string, let count = pair.array?.last?.int else { return nil }
        return "\(name) \(count)"
      }
      #expect(told == ["failure:other 11", "fallback:cooldown 2", "fallback:other 7", "fallback:overloaded 1"])
      let twice = try await worker.call(line: "REPORT fallback:abc 1 fallback:abc 1").errorMessage
      #expect(twice?.contains("twice") == true)
      for reason in ["overloaded", "abc", "def"] {
        #expect(try await worker.call(line: "COOLDOWN m OPEN \(reason) FOR 1").errorMessage == nil)
      }
      let metrics = try PrometheusText.parse(try await daemon.get("/metrics").text)
      for (series, value) in [
        (#"limiterd_llm_fallbacks_total{reason="other"}"#, 7.0),
        (#"limiterd_llm_fallbacks_total{reason="cooldown"}"#, 2),
        (#"limiterd_llm_failures_total{reason="other"}"#, 11),
        (#"limiterd_cooldowns_total{reason="overloaded"}"#, 1), (#"limiterd_cooldowns_total{reason="other"}"#, 2),
      ] {
        #expect(try metrics.value(series) == value, "\(series)")
      }
    }
  }

  private func check(_ sample: PrometheusText.Sample, _ metric: Metric) {
    var labels = sample.labels
    if metric.kind == .histogram { labels["le"] = nil }
    #expect(Set(labels.keys) == Set(metric.labels.map(\.name)), "\(sample)")
    for label in metric.labels {
      guard case .closed(let values) = label.values, let value = labels[label.name] else { continue }
      #expect(values.contains(value), "\(sample)")
    }
  }

  /// Where it is installed: what Prometheus' own linter says.
  private func checkWithPromtool(_ text: String) async throws {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard let tool = paths.map({ "\($0)/promtool" }).first(where: FileManager.default.isExecutableFile) else { return }
    let file = FileManager.default.temporaryDirectory.appending(path: "\(uniqueDomain("metrics")).txt")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    // It ends with an error when there is anything to say.
    try await runCommand("/bin/sh", ["-c", "'\(tool)' check metrics < '\(file.path)'"])
  }

  @Test func `docs/metrics.md is the table`() throws {
    let text = try RepositoryFile.read("docs/metrics.md")
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    let expected = MetricTable.all.map(Self.row)
    #expect(rows == expected, "docs/metrics.md is to have these rows:\n\(expected.joined(separator: "\n"))")
  }

  private static func row(_ metric: Metric) -> String {
    let labels = metric.labels.map { label in
      switch label.values {
      case .closed(let values): "`\(label.name)`: \(values.map { "`\($0)`" }.joined(separator: ", "))"
      case .named(let what, let count): "`\(label.name)`: \(what), at most \(count)"
      }
    }
    let last = labels.isEmpty ? "" : labels.joined(separator: "; ")
    return "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.unit) | \(metric.help) | \(last) |"
  }

  @Test func `names of limits and models are quoted`() throws {
    var text = MetricsText()
    text.write(MetricTable.used, samples: [(["a\"b\\c\nd"], "1"), (["é"], "2")])
    let parsed = try PrometheusText.parse(text.text)
    #expect(parsed.families[0].samples.map(\.labels) == [["limit": "a\"b\\c\nd"], ["limit": "é"]])
  }

  @Test func `a bucket holds what is at most its bound`() throws {
    var histogram = MetricHistogram(bounds: [1_000, 2_000_000])
    for time: Int64 in [0, 1_000, 1_001, 2_000_000, 2_000_001] { histogram.observe(microseconds: time) }
    histogram.observe(microseconds: 500, count: 3)
    var text = MetricsText()
    text.write(MetricTable.wait, histogram)
    let parsed = try PrometheusText.parse(text.text)
    #expect(try parsed.value(#"limiterd_wait_seconds_bucket{le="0.001"}"#) == 5)
    #expect(try parsed.value(#"limiterd_wait_seconds_bucket{le="2"}"#) == 7)
    #expect(try parsed.value(#"limiterd_wait_seconds_bucket{le="+Inf"}"#) == 8)
    #expect(try parsed.value("limiterd_wait_seconds_sum") == 4.003502)
  }

  @Test func `models are told apart up to a bound`() {
    var metrics = DaemonMetrics()
    for number in 0..<(MetricBounds.models + 5) { metrics.decided("m\(number)", .granted, count: 1, isKnown: true) }
    metrics.decided("unknown", .granted, count: 2, isKnown: false)
    #expect(metrics.decisions.count == MetricBounds.models + 1)
    #expect(metrics.decisions[MetricBounds.otherName]?[.granted] == 7)
  }

  @Test(arguments: [
    "a 1", "# TYPE a counter\na 1\n", "# HELP a x\n# TYPE a gauge\na 1 \n", "# HELP a x\n# TYPE a gauge\na{b=1} 1\n",
  ])
  func `the parser of these tests is strict`(_ text: String) {
    #expect(throws: PrometheusText.Problem.self) { try PrometheusText.parse(text) }
  }
}
