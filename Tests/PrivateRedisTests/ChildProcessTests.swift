import Foundation
import PrivateRedis
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test(arguments: [("exit 0", ChildProcess.End.exit(0)), ("exit 7", .exit(7)), ("kill -TERM $$", .signal(SIGTERM))])
  func howAChildEnded(_ script: String, _ end: ChildProcess.End) async throws {
    let child = try ChildProcess(executable: "/bin/sh", arguments: ["-c", script])
    #expect(await child.end() == end)
    #expect(await child.end() == end, "asked again")
    #expect(!child.isRunning && !child.signal(SIGKILL))
  }

  @Test func aChildInheritsOnlyWhatItIsGiven() async throws {
    let files = try GuardedDirectory(named: "child")
    // Without close-on-exec, as careless libraries open them.
    let descriptor = open("/dev/null", O_RDONLY)
    defer { close(descriptor) }
    let child = try ChildProcess(
      executable: "/bin/sh", arguments: ["-c", "ls /proc/$$/fd; pwd; echo $ONLY $HOME; echo wrong >&2"],
      environment: ["ONLY": "this", "PATH": "/usr/bin:/bin"], directory: files.path, output: files.path + "/output",
      errors: files.path + "/errors")
    #expect(await child.end() == .exit(0))
    let output = try String(contentsOfFile: files.path + "/output", encoding: .utf8)
    #expect(output == "0\n1\n2\n\(files.path)\nthis\n")
    #expect(try String(contentsOfFile: files.path + "/errors", encoding: .utf8) == "wrong\n")
  }

  @Test func aChildStartsASessionWithoutBlockedSignals() async throws {
    let child = try blockingTermination { try ChildProcess(executable: "/bin/sleep", arguments: ["60"]) }
    defer { child.signal(SIGKILL) }
    #expect(getsid(child.pid) == child.pid)
    child.signal(SIGTERM)
    try await eventually("SIGTERM ends it") { !child.isRunning }
    #expect(await child.end() == .signal(SIGTERM))
  }

  @Test func manyChildrenAtOnceAreAllNoticed() async throws {
    try await within(.seconds(30), "64 children end") {
      try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<64 { group.addTask { try await runCommand("echo", ["\(number)"]) } }
        let answers = try await group.reduce(into: Set<String>()) { $0.insert($1) }
        #expect(answers.count == 64)
      }
    }
  }

  private func blockingTermination<Result>(_ body: () throws -> Result) rethrows -> Result {
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
    defer { pthread_sigmask(SIG_UNBLOCK, &blocked, nil) }
    return try body()
  }
}
