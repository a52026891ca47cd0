import LimiterClient
import LimiterConfiguration
import LimiterCore

/// A worker that asks before each call of a model, makes the call, and says what it used.
///
///     swift run example-worker --limiterd /run/limiterd/limiterd.sock
///     swift run example-worker --redis redis://localhost limiterd.yaml
///
/// The policy must have the model `gpt-4o`, as docs/limiterd.example.yaml has.
@main
struct Worker {
  static func main() async throws {
    guard let route = try route(Array(CommandLine.arguments.dropFirst())) else {
      return print("usage: example-worker --limiterd <socket> | --redis <url> <policy file>")
    }
    try await LimiterClient.withClient(route) { limiter in
      // As many tasks as there is work: they share one connection, and wait for their turn.
      await withTaskGroup(of: Void.self) { group in
        for number in 1...20 { group.addTask { await answer(question: number, limiter) } }
      }
    }
  }

  private static func route(_ arguments: [String]) throws -> LimiterRoute? {
    switch (arguments.first, arguments.count) {
    case ("--limiterd", 2): .limiterd(socket: arguments[1])
    case ("--redis", 3): try .redis(url: arguments[1], policy: PolicyFile.read(path: arguments[2]))
    default: nil
    }
  }

  private static func answer(question number: Int, _ limiter: LimiterClient) async {
    let request = AdmissionRequest(
      model: "gpt-4o", inputTokens: 900, outputTokens: 400, tenant: "acme", run: "example",
      priority: number == 1 ? 1 : 5)
    do {
      let outcome = try await limiter.withPermit(request, waitingUpTo: .seconds(60)) { _ in
        let response = try await FakeProvider.complete("question \(number)")
        return (response.text, Usage(inputTokens: response.inputTokens, outputTokens: response.outputTokens))
      }
      switch outcome {
      case .completed(let text): print(text)
      case .denied(let denial): print("question \(number) was not asked: \(denial)")
      }
    } catch {
      // Nobody knows what the provider did: the permit stays charged as reserved.
      print("question \(number) failed: \(error)")
    }
  }
}
