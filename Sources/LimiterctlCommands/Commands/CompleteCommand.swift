import ArgumentParser
import Foundation
import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Logging
import Providers
import RedisClient
import Resilience
import Synchronization

/// `limiterctl complete`.
struct CompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "complete", abstract: "Asks a model, within the limits and the budget.",
    discussion: """
      Keys come from the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY, ...), base URLs from there too (OPENAI_BASE_URL, ...) or from \
      `providers:` of the policy. The limits are those of the limiterd at --socket, or with --config or --redis those of Redis itself; where \
      neither is said and no limiterd has a socket, those of $REDIS_URL (redis://localhost:6379). Without a policy the \
      standard one counts (`limiterctl config show`).

      EXIT STATUS: 0 with an answer, also an old one; 1 without; 2 when a budget stopped it; 64 when the command line makes no sense.
      """)

  @Argument(help: "What is asked; `-` reads it from standard input.")
  var prompt: String

  @Option(help: "The model.")
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Models, best first, `cache` at the end. (default: gpt-4o,gpt-4o-mini,cache)", valueName: "a,b,c"))
  var chain: String?

  @Option(help: "Instructions that go before it.")
  var system: String?

  @Option(help: ArgumentHelp("Tokens of the answer, at most.", valueName: "n"))
  var maxTokens: Int64?

  @Option(help: "The run whose budget pays; a new one by default.")
  var run: String?

  @Option(help: "Who pays.")
  var tenant: String?

  @Option(help: "1 urgent, 5 normal, 10 low.")
  var priority = 5

  @Option(help: ArgumentHelp("How long it may take.", valueName: "seconds"))
  var deadline = 120.0

  @Option(
    help: ArgumentHelp(
      "What becomes of it when a budget stops it: stop, downgrade, shrink or wait. (default: stop)",
      valueName: "what"),
    transform: { text in
      guard let choice = OverBudget(rawValue: text) else {
        throw ValidationError("--over-budget: expected stop, downgrade, shrink or wait, got \(text)")
      }
      return choice
    })
  var overBudget: OverBudget?

  @Flag(help: "Print the answer as it comes.")
  var stream = false

  @Option(help: ArgumentHelp("The policy, docs/configuration.md; Redis is asked itself.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The Redis to ask: redis://, rediss:// or unix://.", valueName: "url"))
  var redis: String?

  @OptionGroup var daemon: DaemonOptions

  func validate() throws {
    guard (1...10).contains(priority) else { throw ValidationError("--priority: expected 1 to 10, got \(priority)") }
    guard deadline > 0, deadline <= 86_400 else {
      throw ValidationError("--deadline: expected more than 0 and at most 86400 seconds, got \(deadline)")
    }
    if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens: expected 1 or more, got \(maxTokens)") }
    if model != nil, chain != nil { throw ValidationError("expected --model or --chain: a model is a chain of one") }
    if let problem = chainProblem { throw ValidationError("--chain: \(problem)") }
    guard prompt.contains(where: { !$0.isWhitespace }) else {
      throw ValidationError("expected a question, got an empty text")
    }
    try daemon.validate(besideDirect: redis != nil || config != nil)
    if let redis { try PolicyOptions.validate(redis: redis) }
  }

  func run() async throws {
    let file: LimiterdConfiguration?
    do { file = try config.map { path throws(PolicyError) in try PolicyFile.readAll(path: path) } } catch {
      throw Failure("\(error)")
    }
    var settings = try file.map { LLMSettings($0) } ?? LLMSettings(PolicyFile.standard())
    settings.overBudget = overBudget ?? .stop
    let request = try makeRequest()
    let logger = Logger(label: "limiterctl") { label in
      var handler = StreamLogHandler.standardError(label: label)
      // Connections that are tried again are no news here: the error at the end says why.
      handler.logLevel = .error
      return handler
    }
    do {
      try await LLM.withLLM(try await route(file), settings, logger: logger) { llm in
        try await checkThatSomebodyDecides(llm.limiter)
        try await ask(llm, request)
      }
    } catch let error as LLMError {
      if daemon.json { try Output.print(JSONText.text(of: Self.json(error))) }
      try? FileHandle.standardError.write(contentsOf: Data("Error: \(error)\n".utf8))
      throw ExitCode([.overBudget, .tooManySteps].contains(error.code) ? 2 : 1)
    } catch let error as LimiterError {
      throw Failure("\(error)")
    } catch let error as RedisError {
      throw Failure("Redis cannot be used: \(error.explanation)")
    }
  }

  /// The models that are asked; `nil`: the standard ones.
  private var models: [String]? {
    chain?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? model.map { [$0] }
  }

  /// What is wrong with the chain, whatever the policy says.
  private var chainProblem: String? {
    guard var names = models else { return nil }
    if names.last == "cache" { names.removeLast() }
    if names.contains("cache") { return "expected `cache` at the end of the chain only" }
    do { _ = try FallbackChain(names.map { .init($0) }) } catch { return "\(error)" }
    return nil
  }

  private func makeRequest() throws -> ChatRequest {
    var text = prompt
    if prompt == "-" {
      let data = try FileHandle.standardInput.readToEnd() ?? Data()
      guard let read = String(data: data, encoding: .utf8) else {
        throw Failure("standard input: expected text in UTF-8, got a byte that is not")
      }
      text = read
    }
    guard text.contains(where: { !$0.isWhitespace }) else { throw Failure("expected a question, got an empty text") }
    let messages = (system.map { [ChatRequest.Message(.system, $0)] } ?? []) + [ChatRequest.Message(.user, text)]
    return ChatRequest(messages, maximumOutputTokens: maxTokens)
  }

  private func route(_ file: LimiterdConfiguration?) async throws -> LimiterRoute {
    let environment = ProcessInfo.processInfo.environment
    let hasSocket = daemon.socket != nil || environment["LIMITERD_SOCKET"] != nil
    guard config != nil || redis != nil || (!hasSocket && !FileManager.default.fileExists(atPath: daemon.path)) else {
      // One that is not there is told at once; later on it is waited for.
      _ = try await daemon.ask(["PING"])
      var sidecar = SidecarSettings(socket: daemon.path, name: "limiterctl")
      sidecar.patience = .seconds(5)
      return .limiterd(sidecar)
    }
    let redis =
      try RedisConfiguration.named(by: redis, or: file?.redis)
      ?? RedisConfiguration(url: environment["REDIS_URL"] ?? "redis://localhost:6379")
    let policy = try file?.policy ?? PolicyFile.standard().policy
    return .redis(LimiterSettings(policy: policy, redis: redis, name: PolicyOptions.name))
  }

  /// So that nobody waits until the deadline for a Redis that is not there.
  private func checkThatSomebodyDecides(_ limiter: LimiterClient) async throws {
    do { _ = try await limiter.fleet() } catch let error as LimiterError {
      guard error.code != .limiterdRefused else { return }
      throw error
    }
  }

  private func ask(_ llm: LLM, _ request: ChatRequest) async throws {
    let chain = models
    let run = run ?? "limiterctl-\(String(UInt32.random(in: .min ... .max), radix: 16))"
    let answer: LLMAnswer
    let unwritten = Mutex<(any Error)?>(nil)
    if stream, !daemon.json {
      answer = try await llm.stream(
        request, chain: chain, run: run, tenant: tenant, priority: priority, deadline: .seconds(deadline)
      ) { piece in
        // Whoever looks no more pays all the same: the call goes on, so that it is settled as what it was.
        unwritten.withLock { error in
          guard error == nil else { return }
          do { try Output.print(piece, terminator: "") } catch let failure { error = failure }
        }
      }
      if let error = unwritten.withLock({ $0 }) { throw error }
      try Output.print("")
    } else {
      answer = try await llm.complete(
        request, chain: chain, run: run, tenant: tenant, priority: priority, deadline: .seconds(deadline))
      if daemon.json { return try Output.print(JSONText.text(of: Self.json(answer, run: run))) }
      try Output.print(answer.text)
    }
    try? FileHandle.standardError.write(contentsOf: Data((Self.summary(answer) + "\n").utf8))
  }

  private static func dollars(_ nanodollars: Int64) -> String {
    Amount.dollars(nanodollars)
  }

  private static func summary(_ answer: LLMAnswer) -> String {
    let source =
      switch answer.source {
      case .model(let name): name
      case .cache(let age): "an answer from before, \(age) old, of \(answer.model ?? "?")"
      case .fixed: "the fixed answer"
      }
    var parts = [source]
    if let usage = answer.usage {
      parts.append("\(usage.input) + \(usage.output) tokens\(answer.isUsageEstimated ? " (estimated)" : "")")
    }
    parts.append(dollars(answer.nanodollars))
    parts += answer.changes.map(\.description)
    if answer.hops.count > 1 { parts.append(answer.hops.map(\.description).joined(separator: ", ")) }
    return "(\(parts.joined(separator: "; ")))"
  }

  private static func json(_ answer: LLMAnswer, run: String) -> [String: Any] {
    var object: [String: Any] = [
      "text": answer.text, "run": run, "cost_nanodollars": answer.nanodollars,
      "usage_is_estimated": answer.isUsageEstimated,
      "waited_ms": milliseconds(answer.waited), "changes": answer.changes.map(\.description),
      "attempts": answer.attempts.map(json), "hops": answer.hops.map(\.description),
    ]
    switch answer.source {
    case .model: object["source"] = "model"
    case .cache(let age):
      object["source"] = "cache"
      object["age_ms"] = milliseconds(age)
    case .fixed: object["source"] = "fixed"
    }
    object["model"] = answer.model ?? NSNull()
    if let usage = answer.usage { object["usage"] = ["input_tokens": usage.input, "output_tokens": usage.output] }
    return object
  }

  private static func json(_ error: LLMError) -> [String: Any] {
    var object: [String: Any] = [
      "error": error.code.rawValue, "message": error.message, "attempts": error.attempts.map(json),
      "hops": error.hops.map(\.description),
    ]
    if let after = error.retryAfter { object["retry_after_ms"] = milliseconds(after) }
    if let text = error.partialText { object["partial_text"] = text }
    return object
  }

  private static func json(_ attempt: LLMAttempt) -> [String: Any] {
    [
      "model": attempt.model, "failure": attempt.failure?.description ?? NSNull(),
      "waited_ms": milliseconds(attempt.waited), "took_ms": milliseconds(attempt.took),
      "cost_nanodollars": attempt.nanodollars ?? NSNull(),
    ]
  }

  private static func milliseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
  }
}
