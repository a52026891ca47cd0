import LimiterCore
import Providers
import Resilience
import Synchronization

/// One call of a caller.
struct LLMCall: Sendable {
  var request: ChatRequest
  var kind = CallKind.chat(onText: nil)
  var chain: [String]
  var run: String?
  var tenant: String?
  var attributes: [String: String]
  var priority: Int
  var end: ContinuousClock.Instant

  /// When a call is over that begins now.
  static func end(after deadline: Duration) -> ContinuousClock.Instant { .now + min(deadline, .longestWait) }

  var left: Duration { max(ContinuousClock.now.duration(to: end), .zero) }

  func admission(_ model: String, input: Int64, output: Int64, longest: Int64) -> AdmissionRequest {
    AdmissionRequest(
      model: model, inputTokens: input, outputTokens: output, maximumOutputTokens: longest, tenant: tenant, run: run,
      attributes: attributes,
      priority: priority)
  }

  /// The same for the same question of the same tenant, whose data an answer may hold: what is asked is not kept. Two keyed hashes, 128 bits of
  /// this process. `nil`: the answer is not kept, as nobody gets old embeddings.
  var fingerprint: String? {
    guard !kind.isEmbeddings else { return nil }
    func hash(_ salt: Int) -> String {
      var hasher = Hasher()
      hasher.combine(salt)
      hasher.combine(tenant)
      hasher.combine(request)
      return String(UInt64(bitPattern: Int64(hasher.finalize())), radix: 16)
    }
    return hash(1) + "-" + hash(2)
  }
}

/// What happens in the course of a call.
final class LLMCallLog: Sendable {
  struct Facts: Sendable {
    var attempts: [LLMAttempt] = []
    var changes: [LLMAnswer.Change] = []
    var denial: BudgetDenial?
    var partialText: String?
    /// What the caller's own function has thrown.
    var thrown: (any Error)?
  }

  private let facts = Mutex(Facts())

  func note(_ change: (inout Facts) -> Void) { facts.withLock { change(&$0) } }
  var all: Facts { facts.withLock { $0 } }
}
