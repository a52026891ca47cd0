import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Oracle
import Testing

@testable import Simulation

/// The provider over real HTTP.
@Suite struct SimulatedProviderTests {
  private func withProvider(
    _ limits: SimulationLimits, latency: Duration = .zero, countsRejected: Bool = false,
    _ body: (SimulatedProvider, HTTPProbe) async throws -> Void
  ) async throws {
    let provider = SimulatedProvider(
      ProviderConfiguration(
        limits: limits, baseLatency: latency, latencyPerOutputToken: .zero, countsRejected: countsRejected))
    let (addresses, ready) = AsyncStream.makeStream(of: String.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { ready.finish() }
        try await provider.run { ready.yield($0) }
      }
      defer { group.cancelAll() }
      var iterator = addresses.makeAsyncIterator()
      let address = try #require(await iterator.next())
      try await body(provider, HTTPProbe(address: address))
    }
  }

  private static let limits = SimulationLimits(windows: [
    WindowRule(unit: .requests, amount: 3, length: .milliseconds(1_500)),
    WindowRule(unit: .tokens, amount: 1_000, length: .milliseconds(1_500)),
  ])

  @Test func `answers with the usage and what is left`() async throws {
    try await withProvider(Self.limits) { provider, http in
      let answer = try await http.complete(input: 300, output: 50)
      #expect(answer.status == .ok)
      let usage = try JSONDecoder().decode(CompletionResponse.self, from: answer.body).usage
      #expect(usage.promptTokens == 300)
      #expect(usage.completionTokens == 50)
      #expect(usage.totalTokens == 350)
      #expect(answer.header("x-ratelimit-limit-requests") == "3")
      #expect(answer.header("x-ratelimit-remaining-requests") == "2")
      #expect(answer.header("x-ratelimit-limit-tokens") == "1000")
      #expect(answer.header("x-ratelimit-remaining-tokens") == "650")
      #expect(answer.header("x-ratelimit-reset-tokens") == "1.5s")
      #expect(answer.header("retry-after") == nil)
      #expect(provider.ledger.totals.tokens == 350)
    }
  }

  @Test func `the request after the last is refused as OpenAI does, and admitted when it said so`() async throws {
    try await withProvider(Self.limits) { provider, http in
      for _ in 0..<3 { #expect(try await http.complete(input: 1, output: 0).status == .ok) }
      let refused = try await http.complete(input: 1, output: 0)
      #expect(refused.status == .tooManyRequests)
      let error = try JSONDecoder().decode(ProviderFailure.self, from: refused.body).error
      #expect(error.type == "requests")
      #expect(error.code == "rate_limit_exceeded")
      #expect(error.message.contains("Limit 3, Used 3, Requested 1"))
      #expect(String(decoding: refused.body, as: UTF8.self).contains("\"param\":null"))
      #expect(refused.header("x-ratelimit-remaining-requests") == "0")
      #expect(refused.header("retry-after").flatMap { Int($0) }.map { (1...2).contains($0) } == true)
      let wait = try #require(refused.header("retry-after-ms").flatMap { Int($0) })
      #expect((1...1_500).contains(wait))
      // The window slides: exactly then there is room for one, and for one only.
      try await Task.sleep(for: .milliseconds(wait))
      #expect(try await http.complete(input: 1, output: 0).status == .ok)
      let report = ArrivalOracle.check(
        provider.ledger.log,
        rules: [.init(name: "requests", unit: "requests", amount: 3, lengthMicroseconds: 1_500_000)],
        log: "provider")
      #expect(report.violations == [])
      #expect(provider.ledger.log.map(\.isAccepted) == [true, true, true, false, true])
    }
  }

  @Test func `tokens are counted on arrival, input and output`() async throws {
    try await withProvider(Self.limits) { _, http in
      #expect(try await http.complete(input: 600, output: 300).status == .ok)
      let refused = try await http.complete(input: 100, output: 1)
      #expect(refused.status == .tooManyRequests)
      #expect(try JSONDecoder().decode(ProviderFailure.self, from: refused.body).error.type == "tokens")
      #expect(try await http.complete(input: 100, output: 0).status == .ok)
    }
  }

  @Test func `a call larger than the limit is told that waiting is pointless`() async throws {
    try await withProvider(Self.limits) { _, http in
      let refused = try await http.complete(input: 1_001, output: 0)
      #expect(refused.status == .tooManyRequests)
      #expect(refused.header("retry-after-ms") == nil)
      #expect(refused.header("x-should-retry") == "false")
    }
  }

  @Test(arguments: [false, true]) func `refused calls use up the window only if configured`(_ counts: Bool) async throws
  {
    try await withProvider(Self.limits, countsRejected: counts) { provider, http in
      #expect(try await http.complete(input: 900, output: 0).status == .ok)
      #expect(try await http.complete(input: 200, output: 0).status == .tooManyRequests)
      let small = try await http.complete(input: 100, output: 0)
      #expect(small.status == (counts ? .tooManyRequests : .ok))
      #expect(provider.ledger.totals.rejected == (counts ? 2 : 1))
    }
  }

  @Test func `calls at once are bounded, and a finished one makes room before its answer is read`() async throws {
    let limits = SimulationLimits(
      windows: [WindowRule(unit: .requests, amount: 1_000, length: .seconds(10))], concurrency: 2)
    // So long that all three are there at once, also on a busy machine.
    try await withProvider(limits, latency: .seconds(2)) { provider, http in
      let statuses = try await withThrowingTaskGroup(of: HTTPResponseStatus.self) { group in
        for _ in 0..<3 { group.addTask { try await http.complete(input: 1, output: 0).status } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.count { $0 == .ok } == 2)
      #expect(statuses.count { $0 == .tooManyRequests } == 1)
      for _ in 0..<3 { #expect(try await http.complete(input: 1, output: 0).status == .ok) }
      let report = ArrivalOracle.check(provider.ledger.log, rules: [], concurrency: 2, log: "provider")
      #expect(report.violations == [])
      #expect(provider.ledger.totals.open == 0)
    }
  }

  @Test(arguments: [
    "", "junk", "{}", #"{"model":"m","input_tokens":-1,"output_tokens":0}"#,
    #"{"model":"m","input_tokens":"1","output_tokens":0}"#,
    String(repeating: " ", count: SimulationBounds.requestBytes + 1),
  ]) func `a body that is no call is refused and not counted`(_ body: String) async throws {
    try await withProvider(Self.limits) { provider, http in
      let answer = try await http.post(Data(body.utf8))
      #expect(answer.status == .badRequest)
      #expect(try JSONDecoder().decode(ProviderFailure.self, from: answer.body).error.type == "invalid_request_error")
      #expect(provider.ledger.log.isEmpty)
    }
  }
}

/// A plain HTTP client for the provider.
struct HTTPProbe: Sendable {
  struct Answer {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: Data

    func header(_ name: String) -> String? { headers.first(name: name) }
  }

  let address: String

  func complete(input: Int64, output: Int64) async throws -> Answer {
    try await post(JSONEncoder().encode(CompletionRequest(model: "gpt-4o", inputTokens: input, outputTokens: output)))
  }

  func post(_ body: Data) async throws -> Answer {
    var request = HTTPClientRequest(url: address + "/v1/chat/completions")
    request.method = .POST
    request.body = .bytes(body)
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 1 << 20)
    return Answer(status: response.status, headers: response.headers, body: Data(bytes.readableBytesView))
  }
}
