import ArgumentParser
import Foundation
import Hiredis
import LimiterConfiguration
import Logging
import NIOCore
import NIOPosix
import RedisClient

/// Where a limiterd listens, and how to ask it.
struct DaemonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The socket of limiterd. (default: \(DefaultPaths.socketText); or the system's, \(DefaultPaths.systemSocket))",
      valueName: "path"))
  var socket: String?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if socket == "" { throw ValidationError("--socket: expected the path of limiterd's socket, got an empty text") }
  }

  /// Where two places to ask are named, one of them would be ignored.
  ///
  /// - Parameter isDirect: whether Redis itself is to be asked.
  func validate(besideDirect isDirect: Bool) throws {
    if isDirect, socket != nil {
      throw ValidationError("expected --socket, or --config and --redis: limiterd has a policy and a Redis of its own")
    }
  }

  /// Absolute.
  var path: String { socket.map(DefaultPaths.absolute) ?? DefaultPaths().socketToAsk }

  /// Asks one command.
  func ask(_ words: [String]) async throws -> Answer {
    try await withConnection { try await $0.ask(words) }
  }

  /// What limiterd tells of itself. A redis-server answers, too.
  func info() async throws -> String {
    let text = try await ask(["INFO"]).text ?? ""
    guard text.contains("limiterd_version:") else {
      throw Failure("\(path) is no limiterd's socket, but another server's; say where limiterd is with --socket")
    }
    return text
  }

  /// A connection for the time of `body`.
  func withConnection<Result: Sendable>(_ body: @Sendable (Connection) async throws -> Result) async throws -> Result {
    let path = path
    var configuration = RedisConfiguration(address: .unix(path: path))
    // Longer than limiterd waits for Redis: that one does not answer is limiterd's to say.
    configuration.commandTimeout = .seconds(15)
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "limiterctl") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      do {
        // A limiterd that is not there is told at once, and not tried again.
        try await client.waitUntilConnected(within: configuration.connectTimeout, failFast: true)
        return try await body(Connection(client: client))
      } catch let error as RedisError {
        // What limiterd said itself is all that there is to say.
        if error.outcome != .unknown, !Self.isSilence(error.code) {
          throw Failure(error.message.replacing("Redis answered:", with: "limiterd answered:", maxReplacements: 1))
        }
        throw Failure("limiterd does not answer at \(path): \(Self.advice(error, at: path))")
      }
    }
  }

  /// Why, as far as it is known, and what to do.
  private static func advice(_ error: RedisError, at path: String) -> String {
    let start = "start it with `limiterd serve --config FILE`, or say where it is with --socket"
    return switch (error.cause as? IOError)?.errnoCode {
    case ENOENT: "there is no such socket (or it drains, and has no new clients); \(start)"
    case ECONNREFUSED where !isSocket(path): "that is no socket; \(start)"
    case ECONNREFUSED: "its process has ended; \(start)"
    case EACCES, EPERM: "this user may not open the socket; become a member of its group"
    default: start
    }
  }

  private static func isSocket(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.type] as? FileAttributeType == .typeSocket
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
