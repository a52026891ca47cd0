import Testing

@testable import Oracle

/// One planted fault each. The history around it is clean, so the finding is the fault.
@Suite struct PlantedViolationTests {
  struct Plant: CustomTestStringConvertible, Sendable {
    var name: String
    var invariant: Invariant
    var says: String
    var options = OracleOptions()
    var plant: @Sendable (inout History) -> Void
    var testDescription: String { name }
  }

  static let window = History.key("window:requests")
  static let sum = History.key("window:requests:sum")
  static let spent = History.key("budget:day:2026-11-23")
  static let slots = History.key("slots:concurrency")

  static let plants: [Plant] = [
    Plant(name: "one more than the limit", invariant: .window, says: "11 of 10") { history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.group(at: 1, History.admission("b", 1, at: 1))
    },
    Plant(name: "one microsecond before the oldest leaves", invariant: .window, says: "11 of 10") { history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.group(at: 10 * History.second - 1, History.admission("b", 1, at: 10 * History.second - 1))
    },
    Plant(name: "an entry pruned one microsecond early", invariant: .window, says: "removed 1 us too early") {
      history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.group(at: 10 * History.second - 1, History.prune("a", 10))
    },
    Plant(name: "a live entry pruned by rank", invariant: .window, says: "too early") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 1, [["ZREMRANGEBYRANK", window, "0", "-1"], ["DECRBY", sum, "1"]])
    },
    Plant(name: "a live entry pruned by score", invariant: .window, says: "too early") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 1, [["ZREMRANGEBYSCORE", window, "-inf", "+inf"], ["DECRBY", sum, "1"]])
    },
    Plant(name: "a live entry pruned by a group without a time", invariant: .window, says: "live for another 1 us") {
      history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.line("#TS:\(History.birth / History.second + 9)")
      history.group(History.prune("a", 10))
      history.group(at: 10 * History.second - 1, History.admission("b", 1, at: 10 * History.second - 1))
    },
    Plant(name: "room made by a group without a time", invariant: .window, says: "11 of 10") { history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.line("#TS:\(History.birth / History.second + 9)")
      history.group(History.prune("a", 10))
      history.group(at: 10 * History.second - 1, History.admission("b", 1, at: 10 * History.second - 1))
    },
    Plant(name: "a live entry pruned in a second that is known", invariant: .window, says: "8000000 us too early") {
      history in
      history.group(at: 0, History.admission("a", 10, at: 0))
      history.line("#TS:\(History.birth / History.second + 1)")
      history.group(History.prune("a", 10))
    },
    Plant(name: "an admission hides behind the name of excess", invariant: .window, says: "20 of 10") { history in
      history.group(at: 0, History.admission("excess.1", 9, at: 4_882))
      history.group(
        at: 5,
        [["HSET", History.key("session:s"), "lane:l", "1:x", "permit:l.1.1", "[]"]]
          + History.replacement("excess.1", from: 9, to: 20, at: 4_882))
    },
    Plant(name: "a live window deleted", invariant: .window, says: "too early") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 1, [["DEL", window], ["DEL", sum]])
    },
    Plant(name: "everything flushed", invariant: .window, says: "too early") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.command("FLUSHALL")
    },
    Plant(name: "a second admission under the same member moves it", invariant: .window, says: "too early") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 5, History.admission("a", 1, at: 5))
    },
    Plant(name: "the same operation admitted twice", invariant: .once, says: "admitted at") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 5, History.admission("a", 2, at: 5))
    },
    Plant(name: "the same operation admitted twice, by the name with its stamp", invariant: .once, says: "admitted at")
    {
      history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 5, History.admission("a+\(History.stamp(5))", 1, at: 5))
    },
    Plant(name: "an admission stamped in the past", invariant: .window, says: "in the past") { history in
      history.group(at: 5, History.admission("a", 1, at: 4))
    },
    Plant(name: "an old entry made larger", invariant: .window, says: "in the past") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 5, History.replacement("a", from: 1, to: 2, at: 0))
    },
    Plant(name: "a stamp in another unit", invariant: .form, says: "more than a window after") { history in
      history.group(at: 0, History.admission("a", 1, at: History.birth * 999))
    },
    Plant(name: "a refund below nothing", invariant: .window, says: "is -1") { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
      history.group(at: 1, History.replacement("a", from: 1, to: -1, at: 0))
    },
    Plant(name: "a window with a negative sum", invariant: .window, says: "sum of its entries is -5") { history in
      history.group(at: 0, History.admission("adjust-1", -5, at: 0))
    },
    Plant(name: "a total below the live sum", invariant: .window, says: "below the live sum") { history in
      history.group(at: 0, History.admission("a", 5, at: 0))
      history.group(at: 1, [["DECRBY", sum, "1"]])
    },
    Plant(name: "a total that is lost", invariant: .window, says: "below the live sum") { history in
      history.group(at: 0, History.admission("a", 5, at: 0))
      history.command("DEL", sum)
    },
    Plant(name: "a total above its entries", invariant: .window, says: "its entries sum up to 5") { history in
      history.group(at: 0, History.admission("a", 5, at: 0) + [["INCRBY", sum, "1"]])
    },
    Plant(name: "a negative total", invariant: .window, says: "running total is -1") { history in
      history.group(at: 0, [["DECRBY", sum, "1"]])
    },
    Plant(name: "pruned without the total", invariant: .window, says: "its entries sum up to 0") { history in
      history.group(at: 0, History.admission("a", 5, at: 0))
      history.group(at: 11 * History.second, [["ZREM", window, "a:5"]])
    },
    Plant(name: "a window that dies before its last entry", invariant: .window, says: "window requests: the key dies") {
      history in
      let deadline = String((History.birth + 9_999_000) / 1_000)
      history.group(at: 0, History.admission("a", 5, at: 0) + [["PEXPIREAT", window, deadline]])
    },
    Plant(
      name: "a total that dies before the last entry", invariant: .window,
      says: "total of window requests: the key dies"
    ) { history in
      let deadline = String((History.birth + 9_999_000) / 1_000)
      history.group(at: 0, History.admission("a", 5, at: 0) + [["PEXPIREAT", sum, deadline]])
    },
    Plant(name: "a lifetime that a later entry does not renew", invariant: .window, says: "the key dies") { history in
      let deadline = String((History.birth + 10_500_000) / 1_000)
      history.group(at: 0, History.admission("a", 5, at: 0) + [["PEXPIREAT", window, deadline]])
      history.group(at: History.second, History.admission("b", 5, at: History.second))
    },
    Plant(name: "a clock that goes back", invariant: .window, says: "went back by 1 us") { history in
      history.group(at: 5, History.admission("a", 1, at: 5))
      history.group(at: 4, History.admission("b", 1, at: 5))
    },
    Plant(name: "a clock before the server's", invariant: .window, says: "before the server's") { history in
      history.line("#TS:\(History.birth / History.second - 60)")
      let at = History.stamp(0)
      history.group([
        ["ZADD", window, at, "a:1"], ["INCRBY", sum, "1"], ["HSET", History.key("epoch"), "last_us", at],
      ])
    },
    Plant(name: "an admission without its time", invariant: .form, says: "does not tell its time") { history in
      history.group(History.admission("a", 1, at: 0))
    },
    Plant(name: "a member without an amount", invariant: .form, says: "cannot be judged") { history in
      history.group(at: 0, [["ZADD", window, History.stamp(0), "a"]])
    },
    Plant(name: "a write that the oracle does not know", invariant: .form, says: "ZINCRBY") { history in
      history.command("ZINCRBY", window, "5", "a:1")
    },
    Plant(name: "a total that is no number", invariant: .form, says: "SET") { history in
      history.command("SET", sum, "many")
    },
    Plant(name: "a budget passed by one", invariant: .budget, says: "pass 1000") { history in
      history.group(at: 0, [["INCRBY", spent, "400"]])
      history.group(at: 1, [["INCRBY", spent + ":held", "601"]])
    },
    Plant(name: "a budget that is spent already", invariant: .budget, says: "pass 1000") { history in
      history.group(at: 0, [["INCRBY", spent, "5000"]])
      history.group(at: 1, [["INCRBY", spent + ":held", "1"]])
    },
    Plant(name: "held below nothing", invariant: .budget, says: "held is -1") { history in
      history.group(at: 0, [["DECRBY", spent + ":held", "1"]])
    },
    Plant(name: "spent below nothing", invariant: .budget, says: "spent is -1") { history in
      history.group(at: 0, [["DECRBY", spent, "1"]])
    },
    Plant(name: "held at rest", invariant: .budget, says: "3 held at rest", options: OracleOptions(atRest: true)) {
      history in
      history.group(at: 0, [["INCRBY", spent + ":held", "3"]])
    },
    Plant(
      name: "spent is not what was reported", invariant: .budget, says: "8 was reported as used, spent is 7",
      options: OracleOptions(spent: ["day": 8])
    ) { history in
      history.group(at: 0, [["INCRBY", spent, "7"]])
    },
    Plant(name: "a slot too many", invariant: .slots, says: "3 of 2") { history in
      history.group(at: 0, [["HINCRBY", slots, "s1", "3"], ["HINCRBY", slots, "total", "3"]])
    },
    Plant(name: "a total that is not the sum of the sessions", invariant: .slots, says: "the sessions hold 1") {
      history in
      history.group(at: 0, [["HINCRBY", slots, "s1", "1"], ["HINCRBY", slots, "total", "2"]])
    },
    Plant(name: "a slot given back twice", invariant: .slots, says: "session s1 holds -1") { history in
      history.group(at: 0, [["HINCRBY", slots, "s1", "-1"], ["HINCRBY", slots, "s2", "1"]])
    },
    Plant(
      name: "a window taken without a permit", invariant: .denied, says: "1 taken without a permit",
      options: OracleOptions(keepsPermits: true)
    ) { history in
      history.group(at: 0, History.admission("a", 1, at: 0))
    },
    Plant(
      name: "money held without a permit", invariant: .denied, says: "5 held without a permit",
      options: OracleOptions(keepsPermits: true)
    ) { history in
      history.group(at: 0, [["INCRBY", spent + ":held", "5"]])
    },
    Plant(
      name: "a slot taken without a permit", invariant: .denied, says: "1 taken without a permit",
      options: OracleOptions(keepsPermits: true)
    ) { history in
      history.group(at: 0, [["HINCRBY", slots, "s1", "1"], ["HINCRBY", slots, "total", "1"]])
    },
    Plant(
      name: "a slot taken at rest", invariant: .slots, says: "1 taken at rest", options: OracleOptions(atRest: true)
    ) { history in
      history.group(at: 0, [["HSET", slots, "s1", "1", "total", "1"]])
    },
  ]

  @Test(arguments: plants) func `is found`(_ plant: Plant) throws {
    var history = History()
    plant.plant(&history)
    let report = try history.check(options: plant.options)
    #expect(
      report.violations.contains { $0.invariant == plant.invariant && $0.what.contains(plant.says) },
      "found only \(report.violations)")
    #expect(report.violationCount == report.violations.count)
  }

  @Test func `a finding names the byte at which its group begins`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 0))
    history.line("#TS:\(History.birth / History.second)")
    let offset = history.bytes.count
    history.group(
      at: nil, History.admission("b", 1, at: 1) + [["HSET", History.key("epoch"), "last_us", History.stamp(1)]])
    let report = try history.check()
    #expect(report.violations.first?.place == Place(file: "appendonly.aof.1.incr.aof", offset: offset))
  }

  @Test func `more violations than a report lists are counted`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 11, at: 0))
    for number in 1...1_200 {
      history.group(at: Int64(number), History.admission("op\(number)", 1, at: Int64(number)))
    }
    let report = try history.check()
    #expect(report.violations.count == OracleBounds.violations)
    #expect(report.violationCount == 1_201)
  }
}
