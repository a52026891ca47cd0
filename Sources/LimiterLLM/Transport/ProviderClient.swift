import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Providers
import Resilience
import Synchronization

/// Asks providers over HTTP. Knows no limits, retries nothing.
struct ProviderClient: Sendable {
  /// Bytes of an answer, at most.
  static let answerBytes = 32 << 20
  /// Bytes of an error that are read.
  static let errorBytes = 64 << 10
  /// How long the body of an error is waited for, and for not more than half of the time that is left.
  static let errorTime: Duration = .seconds(5)

  /// How a call ended, and what it has used as far as the provider said.
  struct Outcome: Sendable {
    var result: Result<ChatAnswer, CallFailure>
    /// Of a failure: what it used; `nil`: unknown.
    var usage: TokenUsage?
    /// What had come when it failed.
    var text = ""
    var headers = ProviderHeaders([(name: String, value: String)]())
    /// Whether anything was sent: what was not sent cost nothing.
    var wasSent = true
  }

  let http: HTTPClient
  /// How long a stream may say nothing.
  private let silence: Duration

  init(silence: Duration) {
    http = Self.makeHTTP()
    self.silence = min(max(silence, .milliseconds(1)), .longestWait)
  }

  /// A client with settings for providers: whether to try again is decided elsewhere, once. So is how long an answer may take.
  private static func makeHTTP() -> HTTPClient {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(10)
    configuration.redirectConfiguration = .disallow
    // One for each call that is under way: how many there may be is the limiter's word.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// - Throws: ``CancelledBeforeSending``, `CancellationError`, and ``StoppedByCaller`` when `onText` throws or a stream is cancelled;
  ///   everything else is an outcome.
  func ask(
    _ request: ChatRequest, _ kind: CallKind, _ model: ModelFacts, within time: Duration
  ) async throws -> Outcome {
    let end = ContinuousClock.now + time
    let progress = CallProgress()
    let call: HTTPClientRequest
    do { call = try Self.call(request, kind, model, progress) } catch {
      return Outcome(result: .failure(CallFailure.of(error)), wasSent: false)
    }
    let reader = Mutex(ChatStreamReader(model.wire))
    var outcome: Outcome
    do {
      outcome = try await progress.within(time, silence: kind.isStream ? silence : nil) {
        let response = try await http.execute(call, deadline: .distantFuture)
        progress.hears()
        return try await Self.outcome(of: response, kind, model, reader, progress, until: end)
      }
    } catch let stopped as StoppedByCaller {
      throw stopped
    } catch {
      let isOver = error is OutOfTime || error is SaysNothing
      if !isOver, error is CancellationError || Task.isCancelled {
        guard progress.wasSent else { throw CancelledBeforeSending() }
        throw Self.cancelled(reader)
      }
      outcome =
        progress.wasSent
        ? Self.broken(error, after: time, model, reader) : Self.notConnected(error, after: time, model)
    }
    if case .failure(let failure) = outcome.result, let refusal = failure.cause as? Refusal {
      outcome.usage = refusal.usage
    }
    return outcome
  }

  private static func outcome(
    of response: HTTPClientResponse, _ kind: CallKind, _ model: ModelFacts,
    _ reader: borrowing Mutex<ChatStreamReader>, _ progress: CallProgress, until end: ContinuousClock.Instant
  ) async throws -> Outcome {
    let headers = ProviderHeaders(response.headers.map { (name: $0.name, value: $0.value) })
    let status = Int(response.status.code)
    var outcome: Outcome
    if status >= 300 {
      progress.rests()
      let body = try await start(of: response.body, until: end)
      let failure =
        ErrorClassifier.failure(status: status, headers: headers, body: body)
        ?? CallFailure(.callerError, status: status, message: "expected an answer, got a redirection")
      outcome = Outcome(result: .failure(failure))
    } else if case .chat(let onText?) = kind {
      outcome = try await stream(response.body, reader, progress, onText)
    } else {
      let body = Array(try await response.body.collect(upTo: answerBytes).readableBytesView)
      do { outcome = Outcome(result: .success(try answer(body, kind, model))) } catch {
        outcome = Outcome(result: .failure(CallFailure.of(error)))
      }
    }
    outcome.headers = headers
    return outcome
  }

  private static func answer(_ body: [UInt8], _ kind: CallKind, _ model: ModelFacts) throws -> ChatAnswer {
    guard case .embeddings(let texts, let vectors) = kind else { return try model.wire.answer(body) }
    if let failure = ErrorClassifier.failure(status: 200, body: body) { throw failure }
    let (found, usage) = try OpenAIEmbeddings.answer(body, count: texts.count)
    vectors.set(found)
    return ChatAnswer(text: "", usage: usage)
  }

  private static func call(
    _ request: ChatRequest, _ kind: CallKind, _ model: ModelFacts, _ progress: CallProgress
  ) throws -> HTTPClientRequest {
    let (path, body): (String, [UInt8]) =
      switch kind {
      case .chat:
        (model.wire.path, try model.wire.body(request, model: model.providerModel, isStream: kind.isStream))
      case .embeddings(let texts, _):
        (OpenAIEmbeddings.path, try OpenAIEmbeddings.body(texts, model: model.providerModel))
      }
    var call = HTTPClientRequest(url: model.baseURL + path)
    call.method = .POST
    call.headers = ["content-type": "application/json", "user-agent": "limiterd"]
    for header in model.endpoint.headers(key: model.key) {
      call.headers.replaceOrAdd(name: header.name, value: header.value)
    }
    call.body = progress.body(body)
    return call
  }

  /// What comes of an error's body, in time: its status counts also when the body breaks off, or does not end before the call does.
  ///
  /// - Throws: `CancellationError`.
  private static func start(
    of body: HTTPClientResponse.Body, until end: ContinuousClock.Instant
  ) async throws -> [UInt8] {
    let read = Mutex<[UInt8]>([])
    let left = ContinuousClock.now.duration(to: end)
    _ = await result(within: max(min(errorTime, left / 2), .zero)) {
      do {
        for try await buffer in body {
          let isFull = read.withLock { read in
            read += buffer.readableBytesView.prefix(errorBytes - read.count)
            return read.count >= errorBytes
          }
          if isFull { return }
        }
      } catch {
        // Whatever broke it, what came before tells the kind of the error.
      }
    }
    try Task.checkCancellation()
    return read.withLock { $0 }
  }

  private static func stream(
    _ body: HTTPClientResponse.Body, _ reader: borrowing Mutex<ChatStreamReader>, _ progress: CallProgress,
    _ onText: @Sendable (String) async throws -> Void
  ) async throws -> Outcome {
    do {
      for try await buffer in body {
        progress.hears()
        let piece = try reader.withLock { try $0.read(buffer.readableBytesView) }
        guard !piece.isEmpty else { continue }
        // However long the listener takes, it is not the provider that is silent.
        progress.rests()
        do { try await onText(piece) } catch {
          throw StoppedByCaller(error: error, usage: reader.withLock(\.usage), text: reader.withLock(\.text))
        }
        progress.hears()
      }
      return Outcome(result: .success(try reader.withLock { try $0.end() }), text: reader.withLock(\.text))
    } catch let stopped as StoppedByCaller {
      throw stopped
    } catch {
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      return cut(
        error as? CallFailure
          ?? TransportFailure.streamBroken.failure("the connection broke in the middle of the answer", cause: error),
        reader)
    }
  }

  /// A stream that does not go on. Where its end was announced before, nothing is missing.
  private static func cut(_ failure: CallFailure, _ reader: borrowing Mutex<ChatStreamReader>) -> Outcome {
    if let answer = try? reader.withLock({ try $0.end() }) {
      return Outcome(result: .success(answer), text: answer.text)
    }
    let (text, usage) = reader.withLock { ($0.text, $0.usage) }
    var failure = failure
    // What somebody has seen is not asked for again silently; what nobody has seen may be.
    failure.isPartlySeen = !text.isEmpty
    if failure.errorClass != .contentPolicy, !text.isEmpty { failure.errorClass = .streamBroken }
    if failure.errorClass == .streamBroken, text.isEmpty { failure.errorClass = .transient }
    return Outcome(result: .failure(failure), usage: usage, text: text)
  }

  private static func cancelled(_ reader: borrowing Mutex<ChatStreamReader>) -> any Error {
    let (text, usage) = reader.withLock { ($0.text, $0.usage) }
    return text.isEmpty ? CancellationError() : StoppedByCaller(error: CancellationError(), usage: usage, text: text)
  }

  /// Nothing was sent.
  private static func notConnected(_ error: any Error, after time: Duration, _ model: ModelFacts) -> Outcome {
    let inTime = error is OutOfTime ? " in \(time)" : ""
    return Outcome(
      result: .failure(
        TransportFailure.notConnected.failure("no connection to \(model.place)\(inTime)", cause: error)),
      wasSent: false)
  }

  /// The provider may have got the request.
  private static func broken(
    _ error: any Error, after time: Duration, _ model: ModelFacts, _ reader: borrowing Mutex<ChatStreamReader>
  ) -> Outcome {
    switch error {
    case is OutOfTime:
      cut(TransportFailure.timeout.failure("no whole answer in \(time) from \(model.place)", cause: error), reader)
    case is SaysNothing:
      cut(TransportFailure.timeout.failure("\(model.place) says nothing any more", cause: error), reader)
    case is NIOTooManyBytesError:
      Outcome(
        result: .failure(CallFailure(.transient, message: "an answer of more than \(answerBytes) bytes", cause: error)))
    default:
      Outcome(result: .failure(TransportFailure.reset.failure("the connection to \(model.place) broke", cause: error)))
    }
  }
}

/// Nobody wants the answer any more, and nothing was sent.
struct CancelledBeforeSending: Error {}

/// Who listens to a stream does not want more.
struct StoppedByCaller: Error {
  var error: any Error
  var usage: TokenUsage?
  var text: String
}
