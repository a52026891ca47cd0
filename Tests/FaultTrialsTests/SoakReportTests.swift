import Testing

@testable import FaultTrials

/// A soak in which nothing grows, and one thing wrong with it at a time.
@Suite struct SoakReportTests {
  private static let sample = SoakSample(
    seconds: 1, clock: 1, residentKilobytes: [50_000, 60_000], files: [40, 40], keys: 100, redisKilobytes: 1_000,
    windowDrift: 0, slotDrift: 0, heldDrift: 0, entries: 10)
  private static let clean = SoakReport(
    samples: Array(repeating: sample, count: 9), atRest: sample, slotsAreFree: true, heldAtRest: 0, kills: 3,
    troubles: [])

  private func finds(_ what: String, _ change: (inout SoakReport) -> Void) {
    var report = Self.clean
    change(&report)
    #expect(report.violations.contains { $0.contains(what) }, "\(what): \(report.violations)")
    #expect(report.violations.count == 1)
  }

  @Test func `nothing that grows is clean`() {
    #expect(Self.clean.violations == [])
    // What was needed once is kept, and a little more is none.
    var report = Self.clean
    report.samples[3].residentKilobytes[0] = 90_000
    report.samples[8].residentKilobytes[1] = 70_000
    report.samples[8].files[0] = 44
    report.samples[8].keys = 116
    #expect(report.violations == [])
  }

  @Test func `one thing wrong at a time`() {
    finds("windows 3") { $0.samples[4].windowDrift = 3 }
    finds("slots 1") { $0.samples[0].slotDrift = 1 }
    finds("held 7") { $0.atRest.heldDrift = 7 }
    finds("slots are taken at rest") { $0.slotsAreFree = false }
    finds("5 nanodollars are held") { $0.heldAtRest = 5 }
    finds("limiterd 1 has ended") { $0.troubles = ["limiterd 1 has ended by itself"] }
    finds("limiterd 2 grew from 60000 to 70097 kB") { $0.samples[7].residentKilobytes[1] = 70_097 }
    finds("limiterd 1 had 40 open files, then 45") { $0.samples[6].files[0] = 45 }
    finds("Redis had 100 keys, then 117") { $0.samples[8].keys = 117 }
    finds("too short") { $0.samples = Array($0.samples.prefix(2)) }
  }
}
