import LimiterCore
import LimiterRedis
import TestSupport
import Testing

/// What all workers have counted.
@Suite struct FleetTests {
  @Test func theStoryIsToldAsItIsWritten() {
    let alerts = FleetStory.steps.map { step -> FleetReport.Alert? in
      if case .report(let report) = step.expected { report.alert } else { nil }
    }
    #expect(alerts == FleetStory.alerts)
  }

  @Test func theScriptTellsTheSame_andItsKeysEnd() async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let difference = try await Differential.difference(FleetStory.steps, RedisModel(redis, scripts: scripts))
      #expect(difference == nil, "\(difference ?? "")")
    }
  }

  @Test func whatIsBeyondAllBoundsIsReadAllTheSame() throws {
    guard case .report(let report)? = FleetStory.steps.last?.expected else { throw Unexpected() }
    #expect(report[.fallbacks] == LimiterBounds.amount && report.fallbacksPerMille > 1_000_000)
  }

  private struct Unexpected: Error {}

  @Test func whatNobodyAsksForIsNotToldAndFewCallsSayNothing() {
    var store = ReferenceStore()
    let time = ServerTime(microseconds: FleetStory.start)
    let counts: [String: Int64] = ["calls": 19, "fallbacks": 19]
    #expect(store.report(counts, alarm: FleetAlarm(), at: time).alert == .none)
    #expect(store.report(counts, alarm: FleetAlarm(fallbacksPerMille: nil), at: time).alert == .none)
    let report = store.report([:], alarm: FleetAlarm(), at: time)
    #expect(report.alert == .begins && report.fallbacksPerMille == 1_000 && report[.calls] == 38)
  }
}
