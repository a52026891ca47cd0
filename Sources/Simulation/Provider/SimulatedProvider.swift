import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A provider on loopback that enforces exactly its limits and answers as OpenAI does: 200 with `usage`, or 429 with what to wait.
package struct SimulatedProvider: Sendable {
  package let configuration: ProviderConfiguration
  package let ledger: ProviderLedger

  package init(_ configuration: ProviderConfiguration) {
    self.configuration = configuration
    ledger = ProviderLedger(configuration)
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter onReady: called once, with the address to call (`http://127.0.0.1:<port>`).
  package func run(onReady: @escaping @Sendable (String) async -> Void) async throws {
    var logger = Logger(label: "provider")
    logger.logLevel = .critical
    let router = Router()
    router.post("/v1/chat/completions") { request, context in try await answer(request, context) }
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0), backlog: 1_024),
      onServerRunning: { channel in await onReady("http://127.0.0.1:\(channel.localAddress?.port ?? 0)") },
      logger: logger)
    try await application.run()
  }

  private func answer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
    let call: CompletionRequest
    do {
      let body = try await request.body.collect(upTo: SimulationBounds.requestBytes)
      call = try JSONDecoder().decode(CompletionRequest.self, from: Data(body.readableBytesView))
      guard call.inputTokens >= 0, call.outputTokens >= 0 else { throw DecodingError.negative }
    } catch {
      return try response(
        .badRequest,
        ProviderFailure(
          message:
            "expected JSON with model, input_tokens and output_tokens (whole numbers from 0), came something else",
          type: "invalid_request_error", code: nil))
    }
    let verdict = ledger.arrive(input: call.inputTokens, output: call.outputTokens, grantedAt: call.grantedAt)
    if let rejection = verdict.rejection {
      return try response(
        .tooManyRequests, ProviderFailure(rejection, model: call.model), headers: headers(verdict, rejection: rejection)
      )
    }
    // Cut short only when the provider itself ends.
    try? await Task.sleep(for: configuration.latency(outputTokens: call.outputTokens))
    ledger.finish(verdict.number)
    return try response(.ok, completion(call, number: verdict.number), headers: headers(verdict, rejection: nil))
  }

  private func completion(_ call: CompletionRequest, number: Int) -> CompletionResponse {
    CompletionResponse(
      id: "chatcmpl-\(number)", created: Int64(Date().timeIntervalSince1970), model: call.model,
      choices: [
        .init(index: 0, message: .init(role: "assistant", content: "A simulated answer."), finishReason: "stop")
      ],
      usage: .init(
        promptTokens: call.inputTokens, completionTokens: call.outputTokens,
        totalTokens: call.inputTokens + call.outputTokens))
  }

  private func headers(_ verdict: ProviderVerdict, rejection: ProviderVerdict.Rejection?) -> HTTPFields {
    var fields = HTTPFields()
    func set(_ name: String, _ value: String) {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    for meter in verdict.meters where meter.name == "requests" || meter.name == "tokens" {
      set("x-ratelimit-limit-\(meter.name)", String(meter.limit))
      set("x-ratelimit-remaining-\(meter.name)", String(meter.remaining))
      set("x-ratelimit-reset-\(meter.name)", GoDuration.format(microseconds: meter.resetMicroseconds))
    }
    if let wait = rejection?.retryMicroseconds {
      // Rounded up: a client that comes back exactly then must find room.
      set("retry-after-ms", String((wait + 999) / 1_000))
      set("retry-after", String((wait + 999_999) / 1_000_000))
    } else if rejection != nil {
      set("x-should-retry", "false")
    }
    set("x-request-id", "req_\(verdict.number)")
    return fields
  }

  private func response(
    _ status: HTTPResponse.Status, _ body: some Encodable, headers: HTTPFields = HTTPFields()
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(body))))
  }
}

private enum DecodingError: Error {
  case negative
}
