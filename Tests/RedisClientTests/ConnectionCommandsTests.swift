import Hiredis
import Testing

@testable import RedisClient

@Suite("Commands of a shared connection")
struct ConnectionCommandsTests {
  @Test(arguments: [
    ["SUBSCRIBE", "a"], ["subscribe", "a"], ["MULTI"], ["WATCH", "k"], ["SELECT", "1"], ["AUTH", "hunter2"],
    ["HELLO", "3"],
    ["QUIT"], ["RESET"], ["MONITOR"], ["CLIENT", "REPLY", "OFF"], ["client", "reply", "skip"], ["PUNSUBSCRIBE"],
  ])
  func thoseThatWouldHarmNeighboursAreRefused(_ words: [String]) throws {
    let error = try #require(ConnectionCommands.refusal(of: words.map { CommandArgument($0) }))
    #expect(error.code == .unsupportedCommand)
    #expect(error.outcome == .notSent)
    #expect(!error.description.contains("hunter2"))
  }

  @Test(arguments: [
    ["PING"], ["GET", "MULTI"], ["CLIENT", "LIST"], ["CLIENT"], ["SET", "SELECT", "QUIT"], [], [""], ["ACQUIRE", "x"],
  ])
  func allOthersPass(_ words: [String]) {
    #expect(ConnectionCommands.refusal(of: words.map { CommandArgument($0) }) == nil)
  }
}
