import ArgumentParser
import Foundation
import Hiredis
import Logging
import NIOPosix
import RedisClient

/// Where a limiterd listens, and how to ask it.
struct DaemonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The socket of limiterd. (default: $LIMITERD_SOCKET, or limiterd.sock)", valueName: "path"))
  var socket: String?

  @Flag(help: "Print JSON.")
  var json = false

  var path: String {
    socket ?? ProcessInfo.processInfo.environment["LIMITERD_SOCKET"] ?? "limiterd.sock"
  }

  /// Asks one command.
  func ask(_ words: [String]) async throws -> Answer {
    try await withConnection { try await $0.ask(words) }
  }

  /// A connection for the time of `body`.
  func withConnection<Result: Sendable>(_ body: @Sendable (Connection) async throws -> Result) async throws -> Result {
    var configuration = try RedisConfiguration(url: "unix://\(URL(filePath: path).path)")
    // Longer than limiterd waits for Redis: that one does not answer is limiterd's to say.
    configuration.commandTimeout = .seconds(15)
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "limiterctl") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      do {
        return try await body(Connection(client: client))
      } catch let error as RedisError {
        // What limiterd said itself is all that there is to say.
        if error.outcome != .unknown, !Self.isSilence(error.code) {
          throw Failure(error.message.replacing("Redis answered:", with: "limiterd answered:"))
        }
        throw Failure(
          "limiterd does not answer at \(path): start it with `limiterd serve --config FILE`, or say where it is with --socket"
        )
      }
    }
  }

  private static func isSilence(_ code: RedisError.Code) -> Bool {
    let silent: [RedisError.Code] = [.timeout, .connectionLost, .connectFailed, .noServer, .hostNotFound, .stopped]
    return silent.contains(code)
  }

  struct Connection: Sendable {
    let client: RedisClient

    func ask(_ words: [String]) async throws -> Answer {
      Answer(try await client.send(words.map { CommandArgument($0) }))
    }
  }
}
