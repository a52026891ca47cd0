import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Providers
import Resilience

/// Asks a provider that speaks OpenAI's chat completions.
struct ChatClient: Sendable {
  struct Answer: Sendable {
    var text: String
    var inputTokens: Int64
    var outputTokens: Int64
  }

  private let http: HTTPClient
  private let baseURL: String
  private let key: String

  /// Runs `body` with a client, and closes its connections.
  static func with<Result: Sendable>(
    baseURL: String, key: String, _ body: @Sendable (ChatClient) async throws -> Result
  ) async throws -> Result {
    var configuration = HTTPClient.Configuration()
    // Whether to try again is decided here, once.
    configuration.connectionPool.retryConnectionEstablishment = false
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(ChatClient(http: http, baseURL: baseURL, key: key))) } catch {
      result = .failure(error)
    }
    try await http.shutdown()
    return try result.get()
  }

  /// - Returns: the answer, or what kind of failure came instead of it.
  func complete(_ prompt: String, model: String, maximumTokens: Int64) async throws -> Result<Answer, CallFailure> {
    var request = HTTPClientRequest(url: baseURL + "/chat/completions")
    request.method = .POST
    request.headers = ["content-type": "application/json", "authorization": "Bearer \(key)"]
    request.body = .bytes(
      try JSONSerialization.data(withJSONObject: [
        "model": model, "max_tokens": maximumTokens, "messages": [["role": "user", "content": prompt]],
      ]))
    let response: HTTPClientResponse
    let body: [UInt8]
    do {
      response = try await http.execute(request, timeout: .seconds(60))
      body = Array(try await response.body.collect(upTo: 4 << 20).readableBytesView)
    } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
      return .failure(TransportFailure.timeout.failure("no answer within 60 s", cause: error))
    } catch {
      if error is CancellationError { throw error }
      let failure: TransportFailure = Self.isBeforeSending(error) ? .notConnected : .reset
      return .failure(failure.failure("no answer from \(baseURL)", cause: error))
    }
    let headers = ProviderHeaders(response.headers.map { (name: $0.name, value: $0.value) })
    let status = Int(response.status.code)
    if let failure = ErrorClassifier.failure(status: status, headers: headers, body: body) { return .failure(failure) }
    guard let answer = Self.answer(body) else {
      return .failure(CallFailure(.transient, status: status, message: "the answer is no chat completion"))
    }
    return .success(answer)
  }

  /// Whether there was no connection. Where that is not sure, the request may have been sent.
  private static func isBeforeSending(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError: true
    case let error as IOError: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
    case let error as ChannelError: if case .connectTimeout = error { true } else { false }
    case let error as HTTPClientError:
      [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(error)
    default: false
    }
  }

  private static func answer(_ body: [UInt8]) -> Answer? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
      let choice = (object["choices"] as? [[String: Any]])?.first,
      let text = (choice["message"] as? [String: Any])?["content"] as? String,
      let usage = object["usage"] as? [String: Any], let input = usage["prompt_tokens"] as? Int,
      let output = usage["completion_tokens"] as? Int, input >= 0, output >= 0
    else { return nil }
    return Answer(text: text, inputTokens: Int64(input), outputTokens: Int64(output))
  }
}
