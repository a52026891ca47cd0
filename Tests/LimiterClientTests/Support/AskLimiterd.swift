import Hiredis
import Logging
import NIOPosix
import RedisClient

/// What limiterd answers to a command, over a connection of its own.
func ask(_ socket: String, _ words: CommandArgument...) async throws -> Reply {
  let client = RedisClient(
    configuration: RedisConfiguration(address: .unix(path: socket)),
    eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { group.cancelAll() }
    return try await client.send(words)
  }
}
