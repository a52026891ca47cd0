import Foundation
import SeededRandom
import TestSupport
import Testing

@testable import FaultTrials

/// Every fault alone: nothing is violated, work goes on at its old speed, and this is what calls notice of it.
@Suite(.serialized) struct SingleFaultTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var fault: Fault
    /// What calls are told, at most; none of it: they wait, and are served.
    var failures: Set<String> = []
    var obstacle: String?
    var expects: @Sendable (TrialResult) -> Bool = { _ in true }
    var testDescription: String { fault.description }
  }

  static let cases: [Case] = [
    // Redis, the process.
    Case(fault: .pauseRedis(400)),
    // As long as a call waits: then it is told.
    Case(fault: .pauseRedis(TrialLoad.light.wait), failures: ["acquire redisUnavailable"]),
    Case(fault: .killRedis(down: 300)),
    Case(fault: .flushScripts(10)),
    Case(fault: .killClients(4)),
    Case(fault: .emptyRedis, expects: { $0.isBounded && $0.worst <= TrialBounds.lossFactor }),
    Case(fault: .flushAll, expects: { $0.isBounded && $0.worst <= TrialBounds.lossFactor }),
    Case(fault: .leaveAlone(2_000), expects: { $0.isBounded && $0.worst <= TrialBounds.lossFactor }),
    Case(
      fault: .failOver(lost: 100),
      expects: { $0.isBounded && $0.worst <= TrialBounds.lossFactor }),
    Case(fault: .stepClock(700)),
    Case(fault: .stepClock(-700)),
    Case(fault: .stepClock(10_000)),
    Case(fault: .fillDisk(800), obstacle: SmallDisk.isPossible ? nil : "only root can mount a small disk"),
    // Its errors.
    Case(fault: .answer(.outOfMemory, 600)),
    Case(fault: .answer(.readOnly, 600)),
    Case(fault: .answer(.loading, 600)),
    Case(fault: .answer(.busy, 600)),
    Case(fault: .answer(.misconfigured, 600)),
    // Somebody must act: whoever asks is told so.
    Case(
      fault: .answer(.noPermission, 600), failures: ["acquire redisRefused", "settle redisRefused"],
      expects: { $0.failures["acquire redisRefused"] != nil }),
    Case(fault: .answer(.tooManyClients, 600)),
    // The network.
    Case(fault: .link(.redis, .delay(40), 800)),
    Case(fault: .link(.workers, .delay(40), 800)),
    Case(fault: .link(.redis, .drip(40), 800)),
    Case(fault: .link(.workers, .drip(40), 800)),
    Case(fault: .link(.redis, .stall, 800)),
    Case(fault: .link(.workers, .stall, 800)),
    Case(fault: .link(.redis, .drop, 300)),
    Case(fault: .link(.workers, .drop, 300)),
    Case(fault: .link(.redis, .halfOpen, 600)),
    Case(fault: .link(.workers, .halfOpen, 600)),
    Case(fault: .link(.redis, .refuse, 600)),
    Case(fault: .link(.workers, .refuse, 600)),
    Case(fault: .link(.redis, .reset, 600)),
    Case(fault: .link(.workers, .reset, 600)),
    Case(fault: .link(.redis, .cutAtEveryByte, 800)),
    Case(fault: .link(.workers, .cutAtEveryByte, 800)),
    Case(fault: .link(.redis, .double, 1_000), expects: { $0.doubledRequests > 50 }),
    Case(fault: .link(.redis, .loseReplies(pause: 100), 800), expects: { $0.lostReplies > 0 }),
    Case(fault: .link(.workers, .loseReplies(pause: 50), 1_500), expects: { $0.lostReplies > 5 }),
    // Workers and limiterds.
    Case(fault: .killWorkers(5), expects: { $0.kills == 5 && $0.leakedSlots == 0 }),
    Case(fault: .stopWorker(1_500)),
    Case(fault: .thunder(64), expects: { $0.admissions > 64 }),
    Case(fault: .killLimiterd),
    Case(fault: .upgradeLimiterd),
  ]

  @Test(arguments: cases) func leavesNothingBehind(_ test: Case) async throws {
    if let obstacle = test.obstacle {
      print("not tried: \(test.fault): \(obstacle)")
      return
    }
    var random = SeededGenerator(for: "\(test.fault)")
    let seed = UInt64.random(in: 1...(1 << 30), using: &random)
    let schedule = TrialSchedule(
      name: "alone", seed: seed, faults: [(pause: .milliseconds(50), fault: test.fault)], kills: 0)
    let result = try await Trial(schedule, load: .light, programs: try TestPrograms.find()).run()
    print(
      "\(test.fault): \(result.admissions) admissions, \(result.lostReplies) lost replies, back after \(result.recovery ?? -1) s,",
      "\(Int(result.seconds)) s, \(result.notes.joined(separator: ", "))")
    #expect(result.violations == [], "seed \(seed): \(result.notes)")
    #expect(result.checked > 1_000 && result.admissions > 100)
    #expect(Set(result.failures.keys).subtracting(test.failures) == [], "\(result.failures)")
    #expect(test.expects(result), "\(result)")
  }

  /// I2: no call without a permit, none twice, and no 429, whatever happens between the workers and their permits.
  @Test func aProviderThatCountsByItselfRefusesNobody() async throws {
    var random = SeededGenerator(for: "provider")
    let seed = UInt64.random(in: 1...(1 << 30), using: &random)
    let faults: [Fault] = [
      .pauseRedis(300), .killLimiterd, .link(.workers, .loseReplies(pause: 60), 800), .killWorkers(3),
    ]
    let schedule = TrialSchedule(
      name: "provider", seed: seed, faults: faults.map { (pause: .milliseconds(300), fault: $0) }, kills: 0,
      callsProvider: true)
    let result = try await Trial(schedule, load: .light, programs: try TestPrograms.find()).run()
    print(
      "\(result.calls) calls of \(result.admissions) permits, \(result.lateCalls) late, \(result.rejectedCalls) x 429")
    #expect(result.violations == [], "seed \(seed): \(result.notes)")
    #expect(result.calls > 100 && result.calls <= result.admissions && result.rejectedCalls <= result.lateCalls)
    // The judge has looked at most of them.
    #expect(result.lateCalls * 4 < result.calls)
  }
}
