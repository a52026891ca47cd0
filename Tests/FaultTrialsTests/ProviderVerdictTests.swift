import Simulation
import Testing

@testable import FaultTrials

/// A provider's log of calls, and one thing wrong with it at a time.
@Suite struct ProviderVerdictTests {
  private static let start: Int64 = 1_700_000_000_000_000
  private static let policy = TrialPolicy(domain: "d", load: .light, needs: TrialNeeds([]), isSoak: false)
  private static var length: Int64 { policy.windowMicroseconds - TrialPolicy.guardMicroseconds }

  /// As many calls as a window of the provider admits, a millisecond after their permits.
  private static var full: [ProviderLogLine] {
    (0..<policy.requests).map { line(Int($0), at: 1_000 + $0) }
  }

  private static func line(_ number: Int, at time: Int64, accepted: Bool = true) -> ProviderLogLine {
    ProviderLogLine(
      atMicroseconds: start + time, model: "m", user: "s/m.\(number).1", inputTokens: 1, outputTokens: 0,
      isAccepted: accepted)
  }

  private func judge(_ lines: [ProviderLogLine]) -> TrialResult {
    var record = WorkerRecord()
    for number in 0..<Int(2 * Self.policy.requests) {
      record.permits["s/m.\(number).1"] = WorkerPermit(
        worker: 1, grantedAt: 0, serverTime: Self.start, tokens: 1, nanodollars: 1, run: "r")
    }
    var result = TrialResult(TrialSchedule(name: "story", seed: 1, faults: [], kills: 0, callsProvider: true))
    ProviderVerdict(policy: Self.policy).judge(lines, record, &result)
    return result
  }

  @Test func aFullWindowIsClean() {
    let result = judge(Self.full)
    #expect(result.violations == [] && result.calls == Int(Self.policy.requests) && result.lateCalls == 0)
  }

  @Test func oneThingWrongAtATime() {
    func finds(_ what: String, _ lines: [ProviderLogLine]) {
      let result = judge(lines)
      #expect(result.violations.contains { $0.contains(what) }, "\(what): \(result.violations)")
    }
    var stranger = Self.full
    stranger[3].user = "s/m.99999.1"
    finds("a call without a permit: s/m.99999.1", stranger)
    stranger[3].user = nil
    finds("a call without a permit: nobody", stranger)
    finds("two calls with permit s/m.0.1", [Self.line(0, at: 1_000), Self.line(0, at: 2_000)])
    finds("answered with 429", [Self.line(0, at: 1_000, accepted: false)])
    let number = Int(Self.policy.requests)
    finds("provider's requests: \(number + 1) of \(number)", Self.full + [Self.line(number, at: 200_000)])
    var large = Self.full
    large[0].inputTokens = Self.policy.tokens
    finds("provider's tokens", large)
  }

  /// Whoever was on its way for longer than the guard is counted, and so is what it pushes out.
  @Test func whatIsLateIsNotJudged() {
    let late = TrialPolicy.guardMicroseconds + 1_000
    let pushed = judge([Self.line(0, at: late), Self.line(1, at: late + 1, accepted: false)])
    #expect(pushed.violations == [] && pushed.lateCalls == 2 && pushed.rejectedCalls == 1)
    // A window later there is no excuse; that call is on time by its own permit.
    var record = WorkerRecord()
    record.permits["s/m.0.1"] = WorkerPermit(
      worker: 1, grantedAt: 0, serverTime: Self.start, tokens: 1, nanodollars: 1, run: "r")
    record.permits["s/m.1.1"] = WorkerPermit(
      worker: 1, grantedAt: 0, serverTime: Self.start + late + Self.length, tokens: 1, nanodollars: 1, run: "r")
    var result = TrialResult(TrialSchedule(name: "story", seed: 1, faults: [], kills: 0, callsProvider: true))
    ProviderVerdict(policy: Self.policy).judge(
      [Self.line(0, at: late), Self.line(1, at: late + Self.length, accepted: false)], record, &result)
    #expect(result.violations == ["I2: permit s/m.1.1 was answered with 429"])
  }
}
