import Foundation
import PrivateRedis
import Testing

@testable import FaultTrials

/// What is kept of a trial that has failed.
@Suite struct EvidenceTests {
  @Test func `after a failover it is the history of both servers, and what cannot be kept is told`() async throws {
    let fault = Fault.failOver(lost: 50)
    let world = try await TrialWorld(seed: 7, faults: [fault], load: .light, programs: try TestPrograms.find())
    do {
      try await world.start()
      let (primary, replica) = (await world.redis.directory, await world.replica?.directory)
      try await world.inflict(fault)
      #expect(await world.former?.directory == primary)
      #expect(await world.redis.directory == replica)
      let place = try GuardedDirectory(named: "evidence")
      let schedule = TrialSchedule(name: "failover", seed: 7, faults: [], kills: 0)
      let kept = await world.keepEvidence(in: place.path, TrialResult(schedule))
      #expect(kept.notes == [])
      let target = try #require(kept.evidence)
      for name in [
        "redis.log", "appendonlydir", "former/redis.log", "former/appendonlydir", "policy.yaml", "verdict.txt",
        "worker-1.log",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(target)/\(name)"), "\(name)")
      }
      let lost = await world.keepEvidence(in: "/dev/null", TrialResult(schedule))
      #expect(lost.notes.contains { $0.hasPrefix("evidence: the verdict could not be kept: ") }, "\(lost.notes)")
    } catch {
      await world.close()
      throw error
    }
    await world.close()
  }
}
