import Foundation
import PrivateRedis
import Testing

@testable import FaultTrials

/// A clean trial of two permits, and one thing wrong with it at a time: each is found, and told as what it is.
@Suite struct VerdictTests {
  /// Permit 1 is settled with 7 of 20 nanodollars; permit 2 dies with its worker.
  private struct Story {
    var worker1 = [
      "g 1000 s1/m.1.1 1700000000000000 10 20 run:1.0.0 -", "b 2000 s1/m.1.1 7 3", "s 3000 s1/m.1.1 settled", "z 9000",
    ]
    var worker2 = ["g 1500 s1/m.2.1 1700000001000000 10 30 run:2.0.0 -"]
    var permits = [Story.permit(1, at: 0, tokens: 10, money: 20), Story.permit(2, at: 1, tokens: 10, money: 30)]
    var ends = [
      [["HDEL", key("session:s1"), "permit:m.1.1"]] + charge("run:1.0.0", held: 20, spent: 7) + free,
      [
        ["HDEL", key("session:s1"), "permit:m.2.1"],
        ["HSET", key("unsettled:19675"), "s1/permit:m.2.1", record(2, 1, 10, 30)],
      ]
        + charge("run:2.0.0", held: 30, spent: 30) + free,
    ]

    /// When worker 2 was killed, on the monotonic clock in microseconds, and when permits ended, in seconds since 1970.
    var killedAt: Int64 = 5_000
    var endsAt = 1_700_000_002
    /// Nothing but workers died.
    var isOnlyWorkers = false

    static func key(_ rest: String) -> String { "lim:{d}:\(rest)" }

    static func record(_ number: Int, _ second: Int, _ tokens: Int, _ money: Int) -> String {
      #"["170000000\#(second)000000","1700000600000000",0,"window:tokens",\#(tokens),"slots:slots",1,"#
        + #""budget:run:\#(number).0.0:all",\#(money),"budget:day:2023-11-14",\#(money)]"#
    }

    static func permit(_ number: Int, at second: Int, tokens: Int, money: Int) -> [[String]] {
      [
        ["ZADD", key("window:tokens"), "170000000\(second)000000", "s1.m.\(number):\(tokens)"],
        ["INCRBY", key("window:tokens:sum"), "\(tokens)"], ["HINCRBY", key("slots:slots"), "s1", "1"],
        ["HINCRBY", key("slots:slots"), "total", "1"],
        ["INCRBY", key("budget:run:\(number).0.0:all:held"), "\(money)"],
        ["INCRBY", key("budget:day:2023-11-14:held"), "\(money)"],
        ["HSET", key("session:s1"), "permit:m.\(number).1", record(number, second, tokens, money)],
        ["HSET", key("epoch"), "last_us", "170000000\(second)000000"],
      ]
    }

    static func charge(_ run: String, held: Int, spent: Int) -> [[String]] {
      ["budget:\(run):all", "budget:day:2023-11-14"].flatMap { name in
        [["DECRBY", key("\(name):held"), "\(held)"], ["INCRBY", key(name), "\(spent)"]]
      }
    }

    static let free = [["HINCRBY", key("slots:slots"), "s1", "-1"], ["HINCRBY", key("slots:slots"), "total", "-1"]]

    /// - Parameter readsHistory: or the workers' logs alone.
    func judge(readsHistory: Bool = true) throws -> TrialResult {
      let folder = try GuardedDirectory(named: "verdict")
      var bytes = ""
      for (number, group) in (permits + ends).enumerated() {
        bytes += "#TS:\(number < permits.count ? 1_700_000_002 : endsAt)\r\n"
        bytes += "*1\r\n$5\r\nMULTI\r\n"
        for words in group {
          bytes += "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
        }
        bytes += "*1\r\n$4\r\nEXEC\r\n"
      }
      let file = folder.path + "/appendonly.aof"
      try Data(bytes.utf8).write(to: URL(filePath: file))
      var record = WorkerRecord()
      record.add(worker1.compactMap { WorkerEvent(Data($0.utf8)) }, of: 1, killedAt: nil)
      record.add(worker2.compactMap { WorkerEvent(Data($0.utf8)) }, of: 2, killedAt: killedAt)
      let schedule = TrialSchedule(name: "story", seed: 1, faults: [], kills: 1)
      var result = TrialResult(schedule)
      let policy = TrialPolicy(domain: "d", load: .light, needs: TrialNeeds([]), isSoak: false)
      let needs = TrialNeeds([])
      var late: Set<String> = []
      if readsHistory {
        late = try HistoryVerdict(policy: policy, needs: needs, isOnlyWorkers: isOnlyWorkers).judge(
          file, record, &result)
      }
      WorkerVerdict(policy: policy, needs: needs, schedule: schedule, late: late).judge(record, &result)
      return result
    }
  }

  private func finds(_ what: String, readsHistory: Bool = true, _ change: (inout Story) -> Void) throws {
    var story = Story()
    change(&story)
    let result = try story.judge(readsHistory: readsHistory)
    #expect(result.violations.contains { $0.contains(what) }, "\(what): \(result.violations)")
  }

  @Test func aCleanStoryIsClean() throws {
    let result = try Story().judge()
    #expect(result.violations == [] && result.checked > 10)
    #expect(result.admissions == 2 && result.abandoned == 1 && result.unknown == 0)
  }

  @Test func oneThingWrongAtATime() throws {
    try finds("of which Redis knows nothing") {
      $0.permits[0].removeAll { $0[0] == "HSET" && $0[1].contains("session") }
    }
    try finds("never ended") { $0.ends.removeLast() }
    try finds("granted to two callers") { $0.worker2.append($0.worker1[0]) }
    try finds("told to be settled, and is abandoned") { story in
      story.worker2 += ["b 1600 s1/m.2.1 7 3", "s 1700 s1/m.2.1 settled"]
    }
    try finds("told to be refused") { $0.worker1[2] = "s 3000 s1/m.1.1 refused" }
    try finds("ended, and not by its holder") { $0.worker1.removeSubrange(1...2) }
    try finds("ended twice") { $0.ends.append($0.ends[0]) }
    // One nanodollar too much, and a second effect of one settlement.
    try finds("7 was reported as used, spent is 8") { story in
      story.ends[0].append(["INCRBY", Story.key("budget:run:1.0.0:all"), "1"])
    }
    try finds("spent is 14") { $0.ends[0] += [["INCRBY", Story.key("budget:run:1.0.0:all"), "7"]] }
    try finds("slots slots: 1 taken at rest") { $0.ends[1].removeLast(2) }
    try finds("the total is") { $0.ends[0].removeLast() }
    try finds("taken without a permit") { story in
      story.ends.append([
        ["ZADD", Story.key("window:tokens"), "1700000001000001", "s1.m.3:1"],
        ["INCRBY", Story.key("window:tokens:sum"), "1"],
        ["HSET", Story.key("epoch"), "last_us", "1700000001000001"],
      ])
    }
  }

  /// While nothing but workers dies, what a killed one held ends with its session's grace.
  @Test func whatAKilledWorkerHeldEndsInTime() throws {
    let longest = Int((TrialBounds.grace + TrialBounds.reapSlack) / .seconds(1))
    func story(endsAfter seconds: Int, isOnlyWorkers: Bool = true) -> Story {
      var story = Story()
      story.isOnlyWorkers = isOnlyWorkers
      story.killedAt = MonotonicClock.now
      story.endsAt = Int(Date.now.timeIntervalSince1970) + seconds
      return story
    }
    let inTime = try story(endsAfter: longest).judge()
    #expect(inTime.violations == [] && inTime.slowestRelease.map { abs(Int($0) - longest) <= 1 } == true)
    let late = try story(endsAfter: longest + 3).judge()
    #expect(late.violations.contains { $0.contains("s1/m.2.1 was held for") }, "\(late.violations)")
    #expect(late.violationCount == 1)
    #expect(try story(endsAfter: longest + 3, isOnlyWorkers: false).judge().violations == [])
  }

  @Test func tooManyHoldersAndAFullWindowByTheWorkersLogs() throws {
    try finds("held at once, by the workers' logs", readsHistory: false) { story in
      for number in 10...40 { story.worker2.append("g 1600 s1/m.\(number).1 1700000001000000 1 1 run:\(number) -") }
    }
    try finds("requests: ", readsHistory: false) { story in
      for number in 1_000...2_000 {
        story.worker1 += [
          "g 5000 s1/m.\(number).1 1700000001000000 0 0 run:\(number) -", "b 5000 s1/m.\(number).1 0 0",
        ]
      }
    }
    try finds("I3: run:1.0.0", readsHistory: false) { story in
      for number in 10...50 {
        story.worker1 += ["g 50\(number) s1/m.\(number).1 1700000001000000 0 20 run:1.0.0 -"]
      }
    }
  }
}
