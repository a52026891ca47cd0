import Foundation
import PrivateRedis
import TestSupport
import Testing

@Suite struct FailedStartTests {
  @Test func aBadLineIsNamedWithTheEndOfTheLogAndWithoutPasswords() async throws {
    let configuration = PrivateRedisConfiguration(password: "top-secret", extraLines: ["no-such-setting top-secret"])
    let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(configuration) }
    #expect(error?.code == .startFailed)
    #expect(error?.message.contains("no-such-setting") == true)
    #expect(error?.message.contains("top-secret") == false)
  }

  @Test func aMissingProgramIsSaidWithWhatToInstall() {
    let error = #expect(throws: PrivateRedisError.self) {
      try RedisExecutable.find(path: "/nowhere", usual: ["/neither"])
    }
    #expect(error?.code == .executableMissing)
    #expect(error?.message.contains("apt-get install redis-server") == true)
  }

  @Test func aProgramThatCannotBeStartedLeavesNothing() async throws {
    // Its own process, so that its PATH can be useless: cleaning up must not need one.
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let folder = try GuardedDirectory(named: "temporary")
      setenv("PATH", "/nowhere", 1)
      setenv("TMPDIR", folder.path, 1)
      let configuration = PrivateRedisConfiguration(executable: "/nowhere/redis-server")
      let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(configuration) }
      print(error?.message ?? "")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("could not start /nowhere/redis-server"))
  }

  @Test func aFolderThatCannotBeMadeIsNamedInTheWordsOfTheSystem() async throws {
    let folder = try GuardedDirectory(named: "file")
    #expect(FileManager.default.createFile(atPath: folder.path + "/file", contents: nil))
    let configuration = PrivateRedisConfiguration(storage: .directory(folder.path + "/file/redis"))
    let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(configuration) }
    #expect(error?.code == .systemCallFailed)
    #expect(error?.message.hasPrefix("could not make the folder \(folder.path)/file/redis: Not a directory") == true)
  }

  @Test func `a folder that is gone is said when the server is started again`() async throws {
    let folder = try GuardedDirectory(named: "gone")
    let server = try await PrivateRedisServer.start(.init(storage: .directory(folder.path + "/redis")))
    await server.kill()
    try FileManager.default.removeItem(atPath: folder.path + "/redis")
    let error = await #expect(throws: PrivateRedisError.self) { try await server.restart() }
    #expect(error?.message.contains("the server's folder \(folder.path)/redis is gone") == true, "\(error as Any)")
    await server.stop()
  }

  @Test func foldersAboveAreMadeForDataThatIsKept() async throws {
    let folder = try GuardedDirectory(named: "parents")
    let server = try await PrivateRedisServer.start(.init(storage: .directory(folder.path + "/some/where")))
    await server.stop()
    let again = try await PrivateRedisServer.start(.init(storage: .directory(folder.path + "/some/where")))
    await again.stop()
  }

  @Test func aPortThatIsTakenIsAnErrorUnlessAnyWillDo() async throws {
    try await withRedis(.init(tcp: .free)) { first in
      let taken = PrivateRedisConfiguration(tcp: .number(try #require(first.port)))
      let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(taken) }
      #expect(error?.message.contains("Address already in use") == true)
      // Another port is chosen some times, not for ever: here the last line always takes the same one.
      let always = PrivateRedisConfiguration(tcp: .free, extraLines: ["port \(try #require(first.port))"])
      await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(always) }
    }
  }

  @Test func aPasswordAndAccessControlTogetherAreRefused() async {
    let both = PrivateRedisConfiguration(password: "p", accessControl: [AccessControl.noDefaultUser])
    let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(both) }
    #expect(error?.code == .configurationInvalid)
  }

  @Test func aServerThatNeverAnswersIsGivenUp() async throws {
    let folder = try GuardedDirectory(named: "elsewhere")
    let configuration = PrivateRedisConfiguration(
      extraLines: ["unixsocket \(folder.path)/other.sock"], startTimeout: .milliseconds(500))
    let error = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(configuration) }
    #expect(error?.code == .startFailed)
    // The end of its log: it is ready, and elsewhere.
    #expect(error?.message.lowercased().contains("ready to accept connections") == true)
  }

  @Test func aCancelledStartLeavesNothing() async throws {
    let folder = try GuardedDirectory(named: "cancelled")
    let configuration = PrivateRedisConfiguration(
      storage: .directory(folder.path + "/redis"), extraLines: ["loglevel debug"])
    let starting = Task { try await PrivateRedisServer.start(configuration) }
    starting.cancel()
    await #expect(throws: CancellationError.self) { try await starting.value }
    #expect(try await processes(in: folder.path + "/redis").isEmpty)
  }
}

/// The processes whose working directory is this one.
func processes(in directory: String) async throws -> [Int32] {
  try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == directory
  }
}
