import Foundation
import Testing

@testable import Simulation

@Suite struct FormatTests {
  @Test(
    arguments: [
      (0, "0s"), (900, "900µs"), (120_000, "120ms"), (1_500, "1.5ms"), (1_000_000, "1s"), (179_560_000, "2m59.56s"),
      (360_000_000, "6m0s"), (3_600_000_000, "1h0m0s"), (7_261_250_000, "2h1m1.25s"), (-5, "0s"),
    ] as [(Int64, String)]) func `durations as Go prints them`(_ microseconds: Int64, _ text: String)
  {
    #expect(GoDuration.format(microseconds: microseconds) == text)
  }

  @Test(
    arguments: [
      (0, "0.00"), (1_000_000_000, "1.00"), (1_500_000_000, "1.50"), (12_345_678_901, "12.345678901"),
      (1, "0.000000001"),
      (-2_500_000_000, "-2.50"), (10_000_000, "0.01"),
    ] as [(Int64, String)]) func `money keeps every nanodollar`(_ nanodollars: Int64, _ text: String)
  {
    #expect(Dollars.format(nanodollars: nanodollars) == text)
  }

  @Test func `one of a thing is in the singular`() {
    #expect(PlainCount.workers(1) == "1 worker process")
    #expect(PlainCount.workers(0) == "0 worker processes")
    #expect(PlainCount.format(2, "call", "calls") == "2 calls")
  }

  @Test func `percentiles are values that occurred`() {
    let ten = Percentiles((1...10).map(Double.init).shuffled())
    #expect(ten.value(0.5) == 5)
    #expect(ten.value(0.99) == 10)
    #expect(ten.value(0) == 1)
    #expect(ten.value(1) == 10)
    #expect(Percentiles([]).value(0.5) == 0)
    #expect(Percentiles([3]).value(0.99) == 3)
  }

  @Test(arguments: [
    (0.0, 1, "0.0"), (99.95, 1, "100.0"), (1.3, 2, "1.30"), (-1.25, 1, "-1.3"), (7, 0, "7"), (0.05, 2, "0.05"),
  ])
  func `decimals are rounded, not cut`(_ value: Double, _ decimals: Int, _ text: String) {
    #expect(ReportText.decimal(value, decimals) == text)
  }

  @Test func `lines come whole, however the bytes come`() {
    var splitter = LineSplitter()
    let bytes = Data("one\n\ntwo\nthr".utf8)
    var lines: [String] = []
    for byte in bytes { lines += (splitter.feed(Data([byte])) ?? []).map { String(decoding: $0, as: UTF8.self) } }
    #expect(lines == ["one", "", "two"])
    #expect(splitter.feed(Data("ee\n".utf8)) == [Data("three".utf8)])
  }

  @Test func `the report has exactly the agreed names`() throws {
    let report = SimulationReport(
      seconds: 60, workers: 8, requests: 10, completed: 7, failed: 1, denied: 2,
      provider: .init(requests: 8, rejected: 1, tokens: 900), utilisation: ["tokens": 0.97],
      oracle: .init(violations: 0, checked: 55), waits: .init(p50: 1.5, p99: 80), retries: 0, fallbacks: 0,
      spent: "0.10",
      budget: nil)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
    let object = try #require(json)
    #expect(
      object.keys.sorted() == [
        "budget_usd", "completed", "denied", "failed", "fallbacks", "limiterds", "oracle", "provider", "requests",
        "retries",
        "seconds",
        "spent_usd", "utilisation", "wait_ms", "workers",
      ])
    func keys(_ name: String) -> [String]? { (object[name] as? [String: Any])?.keys.sorted() }
    #expect(keys("provider") == ["rejected", "requests", "tokens"])
    #expect(keys("oracle") == ["checked", "violations"])
    #expect(keys("wait_ms") == ["p50", "p99"])
    #expect(object["spent_usd"] as? String == "0.10")
    // No budget is not a budget of nothing.
    #expect(object["budget_usd"] is NSNull)
    #expect(try JSONDecoder().decode(SimulationReport.self, from: JSONEncoder().encode(report)) == report)
  }
}
