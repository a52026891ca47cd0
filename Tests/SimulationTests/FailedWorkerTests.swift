import Foundation
import PrivateRedis
import TestSupport
import Testing

@testable import Simulation

@Suite struct FailedWorkerTests {
  @Test func `when one worker fails at the start, all others are ended and waited for`() async throws {
    let folder = try GuardedDirectory(named: "workers")
    // Each writes down its process id; the first fails when all have done so.
    let script = """
      read -r configuration
      echo $$ >> pids
      case $configuration in
        *'"number":1'[,}]*) while [ "$(wc -l < pids)" -lt 4 ]; do sleep 0.01; done; exit 7 ;;
        *) while :; do sleep 60; done ;;
      esac
      """
    var settings = SimulationSettings(
      source: .synthetic, workers: 4, duration: .seconds(1),
      limits: SimulationLimits(windows: [WindowRule(unit: .requests, amount: 5, length: .seconds(1))]),
      model: try SimulatedModel(name: "gpt-4o"), worker: ["/bin/sh", "-c", "cd \(folder.path); \(script)"])
    settings.redisURL = try await SharedRedis.url
    let run = try SimulationRun(settings)
    let error = await #expect(throws: SimulationError.self) { try await run.run(interrupts: AsyncStream { _ in }) }
    #expect(error?.code == .worker)
    #expect(error?.message.contains("worker 1: ended with status 7") == true)
    let pids = try String(contentsOfFile: folder.path + "/pids", encoding: .utf8).split(separator: "\n")
    #expect(pids.count == 4)
    // A zombie would still be there.
    for pid in pids.compactMap({ Int32($0) }) { #expect(kill(pid, 0) != 0, "process \(pid) is still there") }
  }
}
