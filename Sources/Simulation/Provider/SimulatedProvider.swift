import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// A provider on loopback that enforces exactly its limits and answers as OpenAI (chat completions, responses, embeddings) and Anthropic
/// (messages) do, whole or as a stream: 200 with usage, 429 with what to wait, or what its faults say.
package struct SimulatedProvider: Sendable {
  package let configuration: ProviderConfiguration
  package let ledger: ProviderLedger
  private let faults: FaultScript

  /// - Parameter tell: hears of each call that is decided, in their order.
  package init(_ configuration: ProviderConfiguration, tell: (@Sendable (ProviderLogLine) -> Void)? = nil) {
    self.configuration = configuration
    ledger = ProviderLedger(configuration, tell: tell)
    faults = FaultScript(configuration.faults)
  }

  /// From now on the times of faults count.
  package func startFaults() { faults.start(at: Double(ledger.now) / 1_000_000) }

  /// Whether none of the faults that calls have met could be met so long after ``startFaults()`` any more.
  func faultsAreOver(after time: Duration) -> Bool { faults.isOver(after: time / .seconds(1)) }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter onReady: called once, with the address to call (`http://127.0.0.1:<port>`).
  package func run(onReady: @escaping @Sendable (String) async -> Void) async throws {
    var logger = Logger(label: "provider")
    logger.logLevel = .critical
    let router = Router()
    for dialect in ProviderDialect.allCases {
      router.post(RouterPath(dialect.path)) { request, _ in try await answer(request, dialect) }
    }
    router.post("/v1/embeddings") { request, _ in try await embed(request) }
    let application = Application(
      router: router,
      configuration: ApplicationConfiguration(
        address: .hostname("127.0.0.1", port: configuration.port), backlog: 1_024),
      onServerRunning: { channel in await onReady("http://127.0.0.1:\(channel.localAddress?.port ?? 0)") },
      logger: logger)
    try await application.run()
  }

  private func answer(_ request: Request, _ dialect: ProviderDialect) async throws -> Response {
    guard let call = try? await read(request) else { return try badRequest(dialect) }
    let fault = faults.fault(model: call.model, at: Double(ledger.now) / 1_000_000)
    ledger.note(model: call.model, fault: fault?.kind)
    if let fault, !fault.kind.isWorkedOn { return try refuse(dialect, fault) }
    let verdict = ledger.arrive(
      model: call.model, input: call.inputTokens, output: call.outputTokens, grantedAt: call.grantedAt, user: call.user)
    let headers = headers(verdict, dialect)
    if let rejection = verdict.rejection {
      let failure = ProviderFailure(rejection, model: call.model)
      return try response(
        .tooManyRequests, failure.body(dialect, anthropic: "rate_limit_error"), headers: headers)
    }
    if call.isStream { return stream(call, dialect, verdict.number, fault, headers) }
    // Cut short only when the provider itself ends.
    try? await Task.sleep(for: configuration.latency(outputTokens: call.outputTokens) + Self.delay(fault))
    ledger.bill(model: call.model, input: call.inputTokens, output: call.outputTokens)
    ledger.finish(verdict.number)
    switch fault?.kind {
    case .notJSON:
      return Response(
        status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: "<html>upstream</html>")))
    case .cut: return broken(headers, start: "{\"id\": \"")
    default:
      return try response(
        .ok, dialect.answer(call, number: verdict.number, text: call.text, usage: usage(call, dialect, fault)),
        headers: headers)
    }
  }

  private func read(_ request: Request) async throws -> ProviderCall? {
    let body = try await request.body.collect(upTo: SimulationBounds.requestBytes)
    return ProviderCall(Data(body.readableBytesView), outputTokens: configuration.outputTokens)
  }

  private func badRequest(_ dialect: ProviderDialect) throws -> Response {
    try response(
      .badRequest,
      dialect.error(
        type: "invalid_request_error", code: nil,
        message: "expected JSON with model and messages, or with input_tokens and output_tokens (whole numbers from 0)")
    )
  }

  private static func delay(_ fault: ProviderFault?) -> Duration {
    guard let fault, fault.kind == .slow else { return .zero }
    return .seconds(fault.delay ?? 5)
  }

  private func usage(_ call: ProviderCall, _ dialect: ProviderDialect, _ fault: ProviderFault?) -> [String: Int64]? {
    switch fault?.kind {
    case .noUsage: nil
    case .wrongUsage: dialect.usage(input: -call.inputTokens, output: -1)
    default: dialect.usage(input: call.inputTokens, output: call.outputTokens)
    }
  }

  /// The text in ten pieces, over the time that the whole answer would take.
  private func stream(
    _ call: ProviderCall, _ dialect: ProviderDialect, _ number: Int, _ fault: ProviderFault?, _ headers: HTTPFields
  ) -> Response {
    var headers = headers
    headers[.contentType] = "text/event-stream"
    let usage = usage(call, dialect, fault)
    let body = ResponseBody { writer in
      let text = Array(call.text)
      let pieces = max(min(10, text.count), 1)
      let time = configuration.latency(outputTokens: call.outputTokens)
      var written = 0
      // A client that hangs up is billed for what was written until then.
      func close() {
        let share = text.isEmpty ? 0 : call.outputTokens * Int64(written) / Int64(text.count)
        ledger.bill(model: call.model, input: call.inputTokens, output: share)
        ledger.finish(number)
      }
      do {
        try await Task.sleep(for: Self.delay(fault))
        for event in dialect.start(call, number: number) { try await writer.write(ByteBuffer(string: event)) }
        for piece in 0..<pieces {
          try await Task.sleep(for: time / pieces)
          if fault?.kind == .cut, piece == pieces / 2 { throw Broken() }
          let (from, to) = (text.count * piece / pieces, text.count * (piece + 1) / pieces)
          try await writer.write(ByteBuffer(string: dialect.piece(call, number: number, String(text[from..<to]))))
          written = to
        }
        for event in dialect.end(call, number: number, usage: usage) {
          try await writer.write(ByteBuffer(string: event))
        }
      } catch {
        close()
        throw error
      }
      close()
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: headers, body: body)
  }

  private func broken(_ headers: HTTPFields, start: String) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    headers[.contentLength] = "1000"
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        if !start.isEmpty { try await writer.write(ByteBuffer(string: start)) }
        throw Broken()
      })
  }

  private func refuse(_ dialect: ProviderDialect, _ fault: ProviderFault) throws -> Response {
    var headers = HTTPFields()
    let isAnthropic = dialect == .anthropic
    let (status, type, code): (HTTPResponse.Status, String, String)
    switch fault.kind {
    case .rateLimit:
      (status, type, code) = (.tooManyRequests, "requests", isAnthropic ? "rate_limit_error" : "rate_limit_exceeded")
      Self.set(retryAfter: fault.retryAfter, &headers)
    case .quota:
      (status, type, code) = (
        .tooManyRequests, "insufficient_quota", isAnthropic ? "enforced_spend_limit_reached" : "insufficient_quota"
      )
    case .overloaded:
      status = isAnthropic ? HTTPResponse.Status(code: 529) : .serviceUnavailable
      (type, code) = ("server_error", isAnthropic ? "overloaded_error" : "server_is_overloaded")
      Self.set(retryAfter: fault.retryAfter, &headers)
    case .contextTooLong:
      (status, type, code) = (.badRequest, "invalid_request_error", "context_length_exceeded")
    case .contentFilter: (status, type, code) = (.badRequest, "invalid_request_error", "content_filter")
    case .unauthorized:
      (status, type, code) = (
        .unauthorized, "invalid_request_error", isAnthropic ? "authentication_error" : "invalid_api_key"
      )
    case .drop: return broken(headers, start: "")
    case .serverError, .slow, .cut, .notJSON, .wrongUsage, .noUsage:
      (status, type, code) = (.internalServerError, "server_error", isAnthropic ? "api_error" : "server_error")
    }
    return try response(
      status, dialect.error(type: type, code: code, message: "a planned fault: \(fault.kind.rawValue)"),
      headers: headers)
  }

  /// All forms of a hint.
  private static func set(retryAfter: String?, _ headers: inout HTTPFields) {
    guard let text = retryAfter, text != "none" else { return }
    if text.hasSuffix("ms"), let name = HTTPField.Name("retry-after-ms") {
      headers[name] = String(text.dropLast(2))
    } else if text.hasPrefix("date:"), let seconds = Double(text.dropFirst(5)) {
      // A date has whole seconds: rounded up, so that it is not over too early.
      let now = Date.now.timeIntervalSince1970.rounded(.up)
      headers[.date] = HTTPDateText.format(now)
      headers[.retryAfter] = HTTPDateText.format(now + seconds)
    } else {
      headers[.retryAfter] = text
    }
  }

  private func embed(_ request: Request) async throws -> Response {
    let body = try await request.body.collect(upTo: SimulationBounds.requestBytes)
    let object = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
    guard let model = object?["model"] as? String,
      let texts = object?["input"] as? [String] ?? (object?["input"] as? String).map({ [$0] })
    else { return try badRequest(.openAIChat) }
    let input = texts.reduce(Int64(0)) { $0 + Int64($1.utf8.count + 3) / 4 }
    let fault = faults.fault(model: model, at: Double(ledger.now) / 1_000_000)
    ledger.note(model: model, fault: fault?.kind)
    if let fault, !fault.kind.isWorkedOn { return try refuse(.openAIChat, fault) }
    let verdict = ledger.arrive(model: model, input: input, output: 0)
    if let rejection = verdict.rejection {
      return try response(
        .tooManyRequests, ProviderFailure(rejection, model: model).body(.openAIChat, anthropic: ""),
        headers: headers(verdict, .openAIChat))
    }
    try? await Task.sleep(for: configuration.latency(outputTokens: 0))
    ledger.bill(model: model, input: input, output: 0)
    ledger.finish(verdict.number)
    let vectors = texts.enumerated().map { index, text in
      ["object": "embedding", "index": index, "embedding": [Double(text.utf8.count), 1, 0.5]] as [String: Any]
    }
    return try response(
      .ok,
      ["object": "list", "model": model, "data": vectors, "usage": ["prompt_tokens": input, "total_tokens": input]],
      headers: headers(verdict, .openAIChat))
  }

  private func headers(_ verdict: ProviderVerdict, _ dialect: ProviderDialect) -> HTTPFields {
    var fields = HTTPFields()
    func set(_ name: String, _ value: String) {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    var seen: Set<String> = []
    for meter in verdict.meters where seen.insert(meter.name).inserted {
      let unit = meter.name.replacing("_", with: "-")
      if dialect == .anthropic {
        let reset = Date.now.addingTimeInterval(Double(meter.resetMicroseconds) / 1_000_000)
        set("anthropic-ratelimit-\(unit)-limit", String(meter.limit))
        set("anthropic-ratelimit-\(unit)-remaining", String(meter.remaining))
        set("anthropic-ratelimit-\(unit)-reset", reset.ISO8601Format())
      } else if unit == "requests" || unit == "tokens" {
        set("x-ratelimit-limit-\(unit)", String(meter.limit))
        set("x-ratelimit-remaining-\(unit)", String(meter.remaining))
        set("x-ratelimit-reset-\(unit)", GoDuration.format(microseconds: meter.resetMicroseconds))
      }
    }
    if let wait = verdict.rejection?.retryMicroseconds {
      // Rounded up: a client that comes back exactly then must find room.
      if dialect != .anthropic { set("retry-after-ms", String((wait + 999) / 1_000)) }
      set("retry-after", String((wait + 999_999) / 1_000_000))
    } else if verdict.rejection != nil {
      set("x-should-retry", "false")
    }
    set(dialect == .anthropic ? "request-id" : "x-request-id", "req_\(verdict.number)")
    return fields
  }

  private func response(
    _ status: HTTPResponse.Status, _ body: [String: Any], headers: HTTPFields = HTTPFields()
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    let data = try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
  }
}

/// The connection ends here.
private struct Broken: Error {}
