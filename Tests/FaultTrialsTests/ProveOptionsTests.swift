import Foundation
import PrivateRedis
import Testing

@testable import FaultTrials

/// `scripts/prove`'s program refuses what it would leave out.
@Suite struct ProveOptionsTests {
  @Test(arguments: [
    (["--soak", "1", "--full"], "--soak: expected no --full"),
    (["--soak", "1", "--quick"], "--soak: expected no --quick"),
    (["--soak", "1", "--schedule", "storm"], "--soak: expected no --schedule"),
    (["--soak", "1", "--evidence", "/tmp"], "--soak: expected no --evidence"),
    (["--soak", "1", "--page", "/tmp/page.md"], "--soak: expected no --page"),
    (["--full", "--schedule", "storm", "--page", "/tmp/page.md"], "--schedule: expected no --full"),
    (["--quick", "--schedule", "storm"], "--schedule: expected no --quick"),
    (["--quick", "--full"], "expected --quick or --full"),
    (["--page", "/tmp/page.md"], "--page: expected --full"),
    (["--schedule", "storm", "--page", "/tmp/page.md"], "--page: expected --full"),
    (["--evidence", "/etc/hostname"], "--evidence: no folder"),
    (["--evidence", "/etc/hostname/evidence"], "--evidence: no folder"),
  ])
  func `what does not go together is told`(_ arguments: [String], _ says: String) async throws {
    let program = try #require(TestPrograms.find().worker.first)
    let files = try GuardedDirectory(named: "prove")
    // Told before anything is begun: `--list` would end it well.
    let process = try ChildProcess(
      executable: program, arguments: ["run", "--list"] + arguments, output: files.path + "/output")
    let end = await process.end()
    let output = try String(contentsOfFile: files.path + "/output", encoding: .utf8)
    #expect(end == .exit(64) && output.contains(says), "\(end): \(output)")
  }

  @Test func `a folder that can be made is one for evidence`() async throws {
    let program = try #require(TestPrograms.find().worker.first)
    let files = try GuardedDirectory(named: "prove")
    let process = try ChildProcess(
      executable: program, arguments: ["run", "--list", "--full", "--evidence", files.path + "/some/where"])
    #expect(await process.end() == .exit(0))
  }
}
