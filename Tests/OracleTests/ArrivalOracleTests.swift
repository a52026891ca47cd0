import Testing

@testable import Oracle

@Suite struct ArrivalOracleTests {
  private static let rule = ArrivalOracle.Rule(name: "tokens", unit: "tokens", amount: 10, lengthMicroseconds: 100)

  private func arrival(_ at: Int64, _ tokens: Int64, accepted: Bool = true, until: Int64? = nil) -> Arrival {
    Arrival(
      atMicroseconds: at, untilMicroseconds: until, amounts: ["tokens": tokens, "requests": 1], isAccepted: accepted)
  }

  private func check(_ arrivals: [Arrival], concurrency: Int64? = nil) -> OracleReport {
    ArrivalOracle.check(arrivals, rules: [Self.rule], concurrency: concurrency, log: "provider")
  }

  @Test func `a full window, and the next one exactly a window later`() {
    let report = check([arrival(0, 4), arrival(50, 6), arrival(100, 4), arrival(150, 6)])
    #expect(report.violations == [])
    #expect(report.checked == 4)
  }

  @Test func `one microsecond too early is over`() {
    let report = check([arrival(0, 4), arrival(50, 6), arrival(99, 1)])
    #expect(report.violations.map(\.what) == ["tokens: 11 of 10 tokens in the 100 us up to 99"])
    #expect(report.violations.first?.place == Place(file: "provider", offset: 2))
  }

  @Test func `rejected calls do not count`() {
    #expect(check([arrival(0, 10), arrival(1, 10, accepted: false), arrival(2, 0)]).violations == [])
  }

  @Test func `calls at the same instant count together, in any order of the list`() {
    #expect(check([arrival(5, 6), arrival(5, 5), arrival(0, 0)]).violationCount == 1)
  }

  @Test func `negative amounts hide nothing`() {
    #expect(check([arrival(0, -5)]).violations.first?.invariant == .form)
  }

  @Test func `calls at once`() {
    let calls = [arrival(0, 0, until: 10), arrival(5, 0, until: 20), arrival(10, 0, until: 30), arrival(15, 0)]
    #expect(check(calls, concurrency: 3).violations == [])
    let over = check(calls, concurrency: 2)
    #expect(over.violations.map(\.what) == ["concurrency: 3 of 2 at 15"])
  }

  @Test func `reports add up`() {
    var sum = check([arrival(0, 11)])
    sum.merge(check([arrival(0, 12), arrival(1, 1)]))
    #expect(sum.checked == 3)
    #expect(sum.violationCount == 3)
    #expect(sum.violations.count == 3)
  }

  @Test func `the worst window is that of the check, edges included`() {
    #expect(ArrivalOracle.worst([], rule: Self.rule) == 0)
    #expect(
      ArrivalOracle.worst([arrival(0, 4), arrival(50, 6), arrival(100, 4), arrival(150, 6)], rule: Self.rule) == 10)
    #expect(ArrivalOracle.worst([arrival(99, 1), arrival(0, 4), arrival(50, 6)], rule: Self.rule) == 11)
    #expect(ArrivalOracle.worst([arrival(5, 6), arrival(5, 5), arrival(6, 9, accepted: false)], rule: Self.rule) == 11)
  }
}
