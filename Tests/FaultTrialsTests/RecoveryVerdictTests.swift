import Testing

@testable import FaultTrials

/// Calls by the workers' logs, a hundred a second, and when they are back after the last fault.
@Suite struct RecoveryVerdictTests {
  private static let second: Int64 = 1_000_000
  private static let times = Trial.Times(
    baseline: 0, firstFault: 2 * second, lastFault: 3 * second, end: 13 * second)

  /// - Parameters:
  ///   - back: when calls come again, in milliseconds after the last fault.
  ///   - pause: between two of them, in microseconds.
  private func judge(back: Int64, every pause: Int64 = 10_000, before: Bool = true) -> TrialResult {
    var record = WorkerRecord()
    if before { record.steadyGrants += Array(stride(from: 0, to: 2 * Self.second, by: 10_000)) }
    record.steadyGrants += Array(stride(from: Self.times.lastFault + back * 1_000, to: Self.times.end, by: Int(pause)))
    var result = TrialResult(TrialSchedule(name: "story", seed: 1, faults: [], kills: 0))
    let policy = TrialPolicy(domain: "d", load: .light, needs: TrialNeeds([]), isSoak: false)
    RecoveryVerdict(policy: policy, share: TrialBounds.recoveredShare).judge(record, Self.times, &result)
    return result
  }

  @Test func `calls that are back in time are no violation`() throws {
    #expect(judge(back: 0).recovery == 0)
    // A window and five seconds; a second with 95 % begins a little before.
    let last = judge(back: 7_000)
    #expect(last.violations == [] && last.perSecond == 100)
    #expect(abs(try #require(last.recovery) - 6.95) < 0.001)
  }

  @Test func `one thing wrong at a time`() {
    func finds(_ what: String, _ result: TrialResult) {
      #expect(result.violations.contains { $0.contains(what) }, "\(what): \(result.violations)")
    }
    finds("s after the last fault", judge(back: 7_200))
    finds("never came again", judge(back: 60_000))
    finds("never came again", judge(back: 0, every: 10_800))
    finds("nothing was granted before the first fault", judge(back: 0, before: false))
  }
}
