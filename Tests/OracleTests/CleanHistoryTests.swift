import Testing

@testable import Oracle

/// Histories in which nothing is wrong: an oracle that cries at these is of no use.
@Suite struct CleanHistoryTests {
  private func expectClean(_ history: History, options: OracleOptions = OracleOptions()) throws -> OracleReport {
    let report = try history.check(options: options)
    #expect(report.violations == [])
    #expect(report.checked > 0)
    #expect(report.unjudged == [])
    #expect(report.truncatedAt == nil)
    return report
  }

  @Test func `a full window that empties and fills again`() throws {
    var history = History()
    for number in 0..<10 {
      history.group(at: Int64(number), History.admission("op\(number)", 1, at: Int64(number)))
    }
    // Exactly one window later the first entry has left: (t-W, t] is open at its beginning.
    for number in 0..<10 {
      let at = 10 * History.second + Int64(number)
      history.group(at: at, History.prune("op\(number)", 1) + History.admission("next\(number)", 1, at: at))
    }
    let report = try expectClean(history)
    #expect(report.groups == 20)
  }

  @Test func `expired entries may stay, if the total still counts them`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 0))
    history.group(at: 11 * History.second, History.admission("b", 10, at: 11 * History.second))
    _ = try expectClean(history)
  }

  @Test func `a refund, to nothing and in part, makes room`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 6, at: 0))
    history.group(at: 1, History.admission("b", 4, at: 1))
    history.group(at: 5, History.replacement("a", from: 6, to: 2, at: 0))
    history.group(at: 6, History.replacement("b", from: 4, to: 0, at: 1))
    history.group(at: 7, History.admission("c", 8, at: 7))
    _ = try expectClean(history)
  }

  @Test func `a refund as a negative entry at the same stamp`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 0))
    history.group(at: 5, History.admission("refund-a", -4, at: 0))
    history.group(at: 6, History.admission("b", 4, at: 6))
    _ = try expectClean(history)
  }

  @Test func `quantised entries are stamped in the future and grow there`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 3, at: 4_882))
    history.group(at: 10, History.replacement("a", from: 3, to: 8, at: 4_882))
    history.group(
      at: 20,
      [
        ["ZREM", History.key("window:requests"), "a:8"],
        ["ZADD", History.key("window:requests"), History.stamp(4_882), "b:10"],
        ["INCRBY", History.key("window:requests:sum"), "2"],
      ])
    _ = try expectClean(history)
  }

  @Test func `excess and an operator's correction pass the limit without a violation`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 9, at: 0))
    history.group(at: 5, History.admission("excess-a", 90, at: 5))
    history.group(at: 6, History.admission("adjust-1", 5, at: 6))
    history.group(at: 7, History.admission("adjust-2", -20, at: 7))
    _ = try expectClean(history)
  }

  @Test func `the server removes what has expired, window first`() throws {
    var history = History()
    let deadline = String((History.birth + 11 * History.second) / 1_000)
    history.group(
      at: 0,
      History.admission("a", 10, at: 0) + [
        ["PEXPIREAT", History.key("window:requests"), deadline],
        ["PEXPIREAT", History.key("window:requests:sum"), deadline],
      ])
    history.line("#TS:\(History.birth / History.second + 11)")
    history.command("DEL", History.key("window:requests"))
    history.command("DEL", History.key("window:requests:sum"))
    history.group(at: 12 * History.second, History.admission("b", 10, at: 12 * History.second))
    _ = try expectClean(history)
  }

  @Test func `a denied batch that prunes does not tell its time`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 6, at: 0))
    history.group(at: 5 * History.second, History.admission("b", 4, at: 5 * History.second))
    history.line("#TS:\(History.birth / History.second + 10)")
    history.group(History.prune("a", 6))
    history.group(at: 10 * History.second + 1, History.admission("c", 6, at: 10 * History.second + 1))
    _ = try expectClean(history)
  }

  @Test func `usage above the estimate hides behind the name of an admission`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 4_882))
    history.group(
      at: 5,
      [["HDEL", History.key("session:s"), "permit:l.1.1"]] + History.replacement("a", from: 10, to: 90, at: 4_882))
    _ = try expectClean(history)
  }

  @Test func `a script finds keys that have expired and starts again`() throws {
    var history = History()
    let deadline = String((History.birth + 11 * History.second) / 1_000)
    history.group(
      at: 0,
      History.admission("a", 10, at: 0) + [
        ["PEXPIREAT", History.key("window:requests"), deadline],
        ["SET", History.key("window:requests:sum"), "10", "PXAT", deadline],
      ])
    let at = 12 * History.second
    history.group(
      at: at,
      [["DEL", History.key("window:requests")], ["UNLINK", History.key("window:requests:sum")]]
        + History.admission("b", 10, at: at))
    _ = try expectClean(history)
  }

  @Test func `pruning by rank and by score`() throws {
    var history = History()
    for number in 0..<6 {
      history.group(at: Int64(number), History.admission("op\(number)", 1, at: Int64(number)))
    }
    let at = 10 * History.second + 5
    history.group(
      at: at,
      [
        ["ZREMRANGEBYRANK", History.key("window:requests"), "0", "1"],
        ["DECRBY", History.key("window:requests:sum"), "2"],
      ])
    history.group(
      at: at + 1,
      [
        ["ZREMRANGEBYSCORE", History.key("window:requests"), "-inf", "(" + History.stamp(5)],
        ["DECRBY", History.key("window:requests:sum"), "3"],
      ])
    _ = try expectClean(history)
  }

  @Test func `a budget up to the last nanodollar, settled by less and by more`() throws {
    var history = History()
    let spent = History.key("budget:day:2026-11-23")
    history.group(at: 0, [["INCRBY", spent + ":held", "1000"]])
    history.group(at: 1, [["DECRBY", spent + ":held", "1000"], ["INCRBY", spent, "400"]])
    history.group(at: 2, [["INCRBY", spent + ":held", "600"]])
    history.group(at: 3, [["DECRBY", spent + ":held", "600"], ["INCRBY", spent, "6000"]])
    _ = try expectClean(history, options: OracleOptions(atRest: true, spent: ["day": 6_400]))
  }

  @Test func `a budget's keys are made with a lifetime`() throws {
    var history = History()
    let spent = History.key("budget:day:2026-11-23")
    let made = ["SET", spent, "0", "PXAT", "1800000000000"]
    history.group(
      at: 0,
      [made, ["SET", spent + ":held", "0", "PXAT", "1800000000000", "NX"], ["INCRBY", spent + ":held", "1000"]])
    _ = try expectClean(history)
  }

  @Test func `slots taken, given back and reaped`() throws {
    var history = History()
    let slots = History.key("slots:concurrency")
    history.group(at: 0, [["HINCRBY", slots, "s1", "1"], ["HINCRBY", slots, "total", "1"]])
    history.group(at: 1, [["HSET", slots, "s2", "1", "total", "2"]])
    history.group(at: 2, [["HDEL", slots, "s1"], ["HINCRBY", slots, "total", "-1"]])
    history.group(at: 3, [["DEL", slots]])
    _ = try expectClean(history, options: OracleOptions(atRest: true))
  }

  @Test func `other domains, other databases' keys and other keys are left alone`() throws {
    var history = History()
    history.command("SET", "somebody", "else")
    history.command("LPUSH", "somebody:list", "x")
    history.command("ZADD", "lim:{other}:window:requests", "1", "x:1000000")
    history.command("HSET", History.key("session:1"), "p", "{}")
    history.command("ZADD", History.key("sessions"), "1", "s")
    history.group(at: 0, History.admission("a", 10, at: 0))
    _ = try expectClean(history, options: OracleOptions(domain: "d"))
  }

  @Test func `a limit without an amount is listed, not judged`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 1_000_000, at: 0, limit: "unknown"))
    let report = try history.check()
    #expect(report.violations == [])
    #expect(report.unjudged == ["window:unknown"])
  }

  @Test func `a name that ends in a star stands for every beginning`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 6, at: 0, limit: "run:17"))
    history.group(at: 1, History.admission("b", 6, at: 1, limit: "run:18"))
    let window = OracleLimits.Window(amount: 5, lengthMicroseconds: History.second)
    let narrow = OracleLimits.Window(amount: 6, lengthMicroseconds: History.second)
    let report = try history.check(limits: OracleLimits(windows: ["run:*": window, "run:18*": narrow]))
    #expect(report.violations.count == 1)
    #expect(report.violations.first?.what.contains("run:17") == true)
  }
}
