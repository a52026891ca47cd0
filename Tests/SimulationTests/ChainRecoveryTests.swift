import Testing

@testable import LimiterLLM
@testable import Resilience
@testable import Simulation

/// What a run with a chain says of its calls, and of the time after the last fault.
@Suite struct ChainRecoveryTests {
  private func call(_ outcome: CallRecord.Outcome, at began: Int64, troubledUntil: Int64? = nil) -> CallRecord {
    var record = CallRecord(
      outcome, TraceCall(atMicroseconds: 0, inputTokens: 1, outputTokens: 1), waitMilliseconds: 0)
    (record.beganAt, record.troubledUntil) = (began, troubledUntil)
    return record
  }

  private func recovery(
    _ calls: [CallRecord], lastFault: Int64? = 1_000, areOver: Bool = true
  ) -> ChainRecovery {
    ChainRecovery(of: calls, lastFault: lastFault, areOver: areOver)
  }

  @Test func `it ends with the last trouble of a call`() {
    let calls = [
      call(.unanswered, at: 900, troubledUntil: 1_000), call(.completed, at: 1_200, troubledUntil: 4_000),
      call(.completed, at: 5_000),
    ]
    #expect(recovery(calls).kind == .back && recovery(calls).microseconds == 3_000)
    #expect(recovery([call(.completed, at: 1_001)]).microseconds == 0)
  }

  @Test func `it never comes where nobody is answered any more`() {
    let before = call(.completed, at: 500)
    #expect(recovery([before, call(.unanswered, at: 2_000, troubledUntil: 1_000)]).kind == .never)
    // An old answer is none of a model.
    #expect(recovery([before, call(.cached, at: 2_000), call(.expired, at: 2_000)]).kind == .never)
    // It began before.
    #expect(recovery([call(.completed, at: 1_000), call(.unanswered, at: 2_000)]).kind == .never)
  }

  @Test func `nobody knows it where faults go on, or no call comes after them`() {
    #expect(recovery([call(.completed, at: 2_000)], areOver: false).kind == .unknown)
    #expect(recovery([call(.completed, at: 1_000)]).kind == .unknown)
    #expect(recovery([call(.completed, at: 2_000)], lastFault: nil).kind == .noFaults)
  }

  @Test func `faults are over when none of those that were met can be met again`() {
    func isOver(_ fault: ProviderFault, met: [Double] = [1], after seconds: Double) -> Bool {
      let script = FaultScript([fault])
      for time in met { _ = script.fault(model: "m", at: time) }
      return script.isOver(after: seconds)
    }
    #expect(isOver(ProviderFault(.serverError, to: 3), after: 3))
    #expect(!isOver(ProviderFault(.serverError, to: 3), after: 2.9))
    #expect(isOver(ProviderFault(.serverError, lasts: 2), after: 3))
    #expect(!isOver(ProviderFault(.serverError, lasts: 2), after: 2.9))
    #expect(isOver(ProviderFault(.serverError, count: 2), met: [1, 2], after: 2))
    #expect(!isOver(ProviderFault(.serverError, count: 2), after: 100))
    #expect(!isOver(ProviderFault(.serverError, every: 9), met: Array(repeating: 1, count: 9), after: 100))
    // It was never met.
    #expect(isOver(ProviderFault(.serverError, model: "other"), after: 1))
  }

  private func outcome(
    _ code: LLMError.Code, sent: Bool = false, _ hops: [FallbackHop.Reason] = []
  ) -> CallRecord.Outcome {
    var error = LLMError(code, "")
    error.attempts = [
      LLMAttempt(
        model: "m", failure: CallFailure(.denied), waited: .seconds(1), took: sent ? .seconds(1) : .zero, wasSent: sent)
    ]
    error.hops = hops.map { FallbackHop(model: "m", reason: $0) }
    return CallRecord.Outcome(error)
  }

  @Test func `a call is denied by the limiter, or by the time, and by nobody where models are left alone`() {
    #expect(outcome(.failed, [.cooling(.seconds(1), .transient), .failed(.denied)]) == .expired)
    #expect(outcome(.deadline, [.failed(.denied), .cooling(.seconds(1), .transient)]) == .expired)
    #expect(outcome(.failed, [.cooling(.seconds(1), .transient)]) == .unanswered)
    #expect(outcome(.failed, [.failed(.denied), .cooling(.seconds(1), .transient)]) == .unanswered)
    #expect(outcome(.failed, [.failed(.transient)]) == .unanswered)
    #expect(outcome(.failed, sent: true, [.failed(.denied)]) == .unanswered)
    #expect(outcome(.overBudget, [.failed(.overBudget)]) == .unaffordable)
    #expect(outcome(.limiter, [.failed(.callerError)]) == .undecided)
  }

  @Test func `calls that nobody answered for one reason are told together`() {
    func text(_ seconds: Int) -> String {
      var error = LLMError(.failed, "after \(seconds) s")
      error.hops = (0...1).map {
        FallbackHop(model: "m", reason: .cooling(.seconds(seconds + $0), .transient))
      }
      return "\(UnansweredCall(error))"
    }
    #expect(text(1) == text(50) && text(1) == "failed: m: left alone after transient")
  }
}
