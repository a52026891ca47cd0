import Foundation
import PrivateRedis
import TestSupport
import Testing

@Suite struct OwnerDiesTests {
  @Test func aServerDoesNotOutliveAnOwnerThatIsKilled() async throws {
    let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
      let server = try await PrivateRedisServer.start()
      let paused = try await PrivateRedisServer.start()
      try paused.pause()
      for server in [server, paused] { print("server \(try #require(server.pid)) \(server.directory)") }
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let servers = servers(toldBy: result)
    try #require(servers.count == 2)
    for words in servers {
      try await eventually("redis-server \(words[1]) is gone") { isGone(Int32(words[1]) ?? 0) }
      try await eventually("\(words[2]) is removed") { !FileManager.default.fileExists(atPath: String(words[2])) }
    }
  }

  @Test func dataInAChosenDirectoryIsKeptWhenTheOwnerIsKilled() async throws {
    let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
      let path = "/tmp/limiterd-kept-\(getpid())"
      let server = try await PrivateRedisServer.start(.init(storage: .directory(path)))
      _ = try await cli(server, "SET", "kept", "yes")
      print("server \(try #require(server.pid)) \(path)")
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let words = try #require(servers(toldBy: result).first)
    defer { try? FileManager.default.removeItem(atPath: String(words[2])) }
    try await eventually("redis-server is gone") { isGone(Int32(words[1]) ?? 0) }
    let value = try await withRedis(.init(storage: .directory(String(words[2])))) { try await cli($0, "GET", "kept") }
    #expect(value == "yes")
  }

  @Test func theNextServerInAChosenDirectoryWaitsUntilTheLastOneIsCleanedUpAfter() async throws {
    let folder = try GuardedDirectory(named: "next")
    setenv("LIMITERD_TEST_FOLDER", folder.path + "/redis", 1)
    for _ in 1...5 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let path = try #require(ProcessInfo.processInfo.environment["LIMITERD_TEST_FOLDER"])
        let server = try await PrivateRedisServer.start(.init(storage: .directory(path)))
        _ = try await cli(server, "INCR", "starts")
        kill(getpid(), SIGKILL)
      }
      // At once: no other guardian may be there, for it would end this server, too.
      let server = try await PrivateRedisServer.start(.init(storage: .directory(folder.path + "/redis")))
      #expect(try guardians(of: folder.path + "/redis") == 1)
      #expect(try await processes(in: folder.path + "/redis").count == 2, "redis-server, and its guardian")
      await server.stop()
      #expect(try guardians(of: folder.path + "/redis") == 0)
    }
    let starts = try await withRedis(.init(storage: .directory(folder.path + "/redis"))) {
      try await cli($0, "GET", "starts")
    }
    #expect(starts == "5")
  }

  @Test func aServerWhoseDirectoryIsRemovedDoesNotOutliveItsOwner() async throws {
    let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
      let path = "/tmp/limiterd-gone-\(getpid())"
      for server in [
        try await PrivateRedisServer.start(), try await PrivateRedisServer.start(.init(storage: .directory(path))),
      ] {
        print("server \(try #require(server.pid))")
        try FileManager.default.removeItem(atPath: server.directory)
      }
      fflush(nil)
      kill(getpid(), SIGKILL)
    }
    let servers = servers(toldBy: result)
    try #require(servers.count == 2)
    for words in servers {
      try await eventually("redis-server \(words[1]) is gone") { isGone(Int32(words[1]) ?? 0) }
    }
  }

  @Test func theServerOfANewDirectoryInTheSamePlaceIsLeftAlone() async throws {
    let folder = try GuardedDirectory(named: "again")
    let path = folder.path + "/redis"
    setenv("LIMITERD_TEST_PLACE", path, 1)
    let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
      let path = try #require(ProcessInfo.processInfo.environment["LIMITERD_TEST_PLACE"])
      let server = try await PrivateRedisServer.start(.init(storage: .directory(path)))
      print("server \(try #require(server.pid))")
      fflush(nil)
      try FileManager.default.removeItem(atPath: path)
      // It ends when it has to: until then there are two guardians.
      try server.pause()
      kill(getpid(), SIGKILL)
    }
    let server = try await PrivateRedisServer.start(.init(storage: .directory(path)))
    let words = try #require(servers(toldBy: result).first)
    try await eventually("redis-server \(words[1]) is gone") { isGone(Int32(words[1]) ?? 0) }
    try await eventually("its guardian is gone") { try guardians(of: path) == 1 }
    #expect(server.pid != nil)
    await server.stop()
  }

  /// The words of the lines in which an owner has told of its servers.
  private func servers(toldBy owner: ExitTest.Result?) -> [[Substring]] {
    let output = String(decoding: owner?.standardOutputContent ?? [], as: UTF8.self)
    return output.split(separator: "\n").filter { $0.hasPrefix("server ") }.map { $0.split(separator: " ") }
  }

  /// How many shells wait to clean up a directory.
  private func guardians(of directory: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int32($0) != nil }.filter { pid in
      let words = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8))?.split(separator: "\0")
      return words?.contains("guardian") == true && words?.contains(Substring(directory)) == true
    }.count
  }

  @Test func aServerThatNobodyHoldsAnyMoreEnds() async throws {
    var server: PrivateRedisServer? = try await PrivateRedisServer.start()
    let pid = try #require(server?.pid)
    let directory = try #require(server?.directory)
    server = nil
    try await eventually("redis-server is gone") { isGone(pid) }
    try await eventually("its directory is removed") { !FileManager.default.fileExists(atPath: directory) }
  }

  @Test func otherProcessesInTheDirectoryAreLeftAlone() async throws {
    let server = try await PrivateRedisServer.start()
    let visitor = try ChildProcess(executable: "/bin/sleep", arguments: ["60"], directory: server.directory)
    defer { visitor.signal(SIGKILL) }
    await server.stop()
    #expect(visitor.isRunning)
  }

  private func isGone(_ pid: Int32) -> Bool { [nil, "Z"].contains(state(of: pid)) }
}
