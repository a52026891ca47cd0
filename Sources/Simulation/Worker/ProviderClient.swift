import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Calls the simulated provider over HTTP.
package struct ProviderClient: Sendable {
  package enum Answer: Sendable {
    case completed(inputTokens: Int64, outputTokens: Int64)
    case rejected
    case broken(any Error)
  }

  private let http: HTTPClient
  private let url: String
  private let model: String

  /// Runs `body` with a client, and closes its connections at the end, whatever happens.
  package static func with<Result: Sendable>(
    url: String, model: String, _ body: @Sendable (ProviderClient) async throws -> Result
  ) async throws -> Result {
    var configuration = HTTPClient.Configuration()
    // A call that waits here for a connection would arrive after its guard time.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 8_192
    configuration.connectionPool.idleTimeout = .minutes(10)
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(ProviderClient(http: http, url: url, model: model))) } catch {
      result = .failure(error)
    }
    try await http.shutdown()
    return try result.get()
  }

  /// Opens connections, so that calls find them. The provider counts nothing but completions.
  func connect(_ connections: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<connections {
        group.addTask { _ = try await http.execute(HTTPClientRequest(url: url + "/"), timeout: .seconds(10)) }
      }
      try await group.waitForAll()
    }
  }

  /// - Parameters:
  ///   - grantedAt: when the limiter decided, in microseconds since 1970.
  ///   - user: stands in the provider's log.
  package func complete(_ call: TraceCall, grantedAt: Int64, user: String? = nil) async -> Answer {
    var request = HTTPClientRequest(url: url + "/v1/chat/completions")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    do {
      let body = CompletionRequest(
        model: model, inputTokens: call.inputTokens, outputTokens: call.outputTokens, grantedAt: grantedAt, user: user)
      request.body = .bytes(try JSONEncoder().encode(body))
      let limit = SimulationBounds.latency + .seconds(5)
      let response = try await http.execute(request, timeout: .nanoseconds(limit.microseconds * 1_000))
      let bytes = try await response.body.collect(upTo: SimulationBounds.requestBytes)
      switch response.status {
      case .ok:
        let usage = try JSONDecoder().decode(CompletionResponse.self, from: Data(bytes.readableBytesView)).usage
        return .completed(inputTokens: usage.promptTokens, outputTokens: usage.completionTokens)
      case .tooManyRequests: return .rejected
      default:
        return .broken(SimulationError(.environment, "the provider answered with status \(response.status.code)"))
      }
    } catch {
      return .broken(error)
    }
  }
}
