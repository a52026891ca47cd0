import Testing

@testable import Oracle

/// What becomes of permits, by the history alone.
@Suite struct PermitHistoryTests {
  private static let session = History.key("session:s1")
  private static let list = History.key("unsettled:20000")
  private static let record = #"["1700000000000000","1700000600000000",0,"slots:c",1,"budget:day:2026-11-23",50]"#
  private static let id = "s1/m.1.1"

  private static let grant = ["HSET", session, "lane:m", "1:x", "permit:m.1.1", record]
  private static let end = ["HDEL", session, "permit:m.1.1"]
  private static let abandon = [end, ["HSET", list, "s1/permit:m.1.1", record]]

  private func read(_ groups: [[[String]]]) throws -> PermitHistory {
    var history = History()
    for (at, group) in groups.enumerated() { history.group(at: Int64(at) * History.second, group) }
    let file = try TemporaryFile(history.bytes)
    defer { file.remove() }
    return try PermitHistory.read(file.path, domain: "d")
  }

  @Test func `a permit that is held, settled, abandoned, settled late`() throws {
    let cases: [([[[String]]], PermitFate.End?, Int64?)] = [
      ([[Self.grant]], nil, nil), ([[Self.grant], [Self.end]], .ended, 1),
      ([[Self.grant], Self.abandon], .abandoned, 1),
      ([[Self.grant], Self.abandon, [["HDEL", Self.list, "s1/permit:m.1.1"]]], .endedLate, 1),
    ]
    for (groups, end, second) in cases {
      let history = try read(groups)
      let fate = try #require(history.permits[Self.id])
      #expect(fate.end == end)
      #expect(fate.endSecond == second.map { $0 + History.birth / History.second })
      #expect(fate.amounts == ["slots:c": 1, "budget:day:2026-11-23": 50] && fate.grantedAt == 1_700_000_000_000_000)
      #expect(history.report.violations == [] && history.report.checked == groups.count)
    }
  }

  @Test func `another session takes it over and ends it`() throws {
    let other = History.key("session:s2")
    let history = try read([
      [Self.grant], [Self.end, ["HSET", other, "permit:\(Self.id)", Self.record]],
      [["HDEL", other, "permit:\(Self.id)"]],
    ])
    #expect(history.permits.count == 1 && history.permits[Self.id]?.end == .ended)
    #expect(history.report.violations == [])
  }

  @Test func `what cannot be is found`() throws {
    #expect(try read([[Self.grant], [Self.end], [Self.grant]]).report.violations.first?.invariant == .once)
    #expect(
      try read([[Self.grant], [Self.end], [Self.end]]).report.violations.first?.what == "permit s1/m.1.1 ended twice")
    let broken = try read([[["HSET", Self.session, "permit:m.1.1", "[1"]]])
    #expect(broken.report.violations.first?.invariant == .form && broken.permits.isEmpty)
  }

  @Test func `other domains and other fields are no permits`() throws {
    let history = try read([
      [["HSET", "lim:{e}:session:s1", "permit:m.1.1", Self.record]], [["HSET", Self.session, "who", "me"]],
    ])
    #expect(history.permits.isEmpty)
  }
}
