import Simulation
import Testing

/// The file of `limiterd provider`.
@Suite struct ProviderFileTests {
  @Test func `it says limits, form and faults`() throws {
    let text = """
      port: 8081
      limits: [requests=60/1m, tokens=30000/1m, concurrency=10]
      algorithm: bucket
      sub_windows: true
      latency: 50ms
      latency_per_token: 1ms
      output_tokens: 20
      faults:
        - {kind: rate_limit, model: gpt-4o, lasts: 5, retry_after: "2"}
        - {kind: cut, every: 10, from: 1.5}
      """
    let file = try ProviderFile.parse(text, name: "test")
    #expect(file.port == 8_081 && file.algorithm == .bucket && file.hasSubWindows && file.outputTokens == 20)
    #expect(file.limits.windows.map(\.amount) == [60, 30_000] && file.limits.concurrency == 10)
    #expect(file.baseLatencyMicroseconds == 50_000 && file.latencyPerOutputTokenMicroseconds == 1_000)
    #expect(
      file.faults == [
        ProviderFault(.rateLimit, lasts: 5, model: "gpt-4o", retryAfter: "2"),
        ProviderFault(.cut, from: 1.5, every: 10),
      ])
    #expect(try ProviderFile.parse("", name: "test").faults.isEmpty)
  }

  @Test(arguments: [
    ("limts: []", "got `limts`"), ("port: 99999", "0 to 65535"),
    ("faults: [{kind: nope}]", "faults: kind: expected one of"),
    ("[1, 2", "expected YAML"), ("limits: [requests=x]", "amount per duration"), ("latency: 5", "a unit is missing"),
    ("faults: [{kind: slow, form: 1}]", "got `form`"), ("faults: {a: b}", "a list of faults"),
    ("algorithm: what", "sliding, fixed, bucket"), ("faults: [{kind: slow, delay: -1}]", "0 to 86400"),
    ("faults: [{kind: slow, every: 0}]", "1 to 1000000"), ("- a", "keys and values"), ("port: x", "port"),
    ("faults: [{}]", "faults: kind"), ("output_tokens: 10000000", "1000000"),
  ])
  func `what is wrong is told with its key`(_ text: String, _ told: String) throws {
    let error = try #require(throws: SimulationError.self) { try ProviderFile.parse(text, name: "bad.yaml") }
    #expect(error.message.hasPrefix("bad.yaml: ") && error.message.contains(told), "\(error.message)")
  }
}
