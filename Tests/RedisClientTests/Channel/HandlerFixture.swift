import Hiredis
import NIOCore
import NIOEmbedded

@testable import RedisClient

/// A connection in memory: what it writes is read here, what it reads is written here, and time moves when the test says so.
final class HandlerFixture: RedisChannelHandlerDelegate {
  let loop = EmbeddedEventLoop()
  let channel: EmbeddedChannel
  let handler: RedisChannelHandler
  /// `ready`, `draining`, `push`, `ended <code>`, and what `note` adds.
  private(set) var events: [String] = []
  private(set) var isOpen = true

  init(role: ConnectionStateMachine.Role = .commands, _ configure: (inout RedisConfiguration) -> Void = { _ in }) throws
  {
    var configuration = RedisConfiguration(address: .tcp(host: "test", port: 1))
    configure(&configuration)
    handler = RedisChannelHandler(role: role, configuration: configuration, eventLoop: loop)
    channel = EmbeddedChannel(handler: handler, loop: loop)
    handler.delegate = self
    channel.closeFuture.assumeIsolated().whenComplete { [unowned self] _ in isOpen = false }
  }

  /// With a connection whose handshake is done.
  static func ready(_ configure: (inout RedisConfiguration) -> Void = { _ in }) throws -> HandlerFixture {
    let fixture = try HandlerFixture(configure)
    fixture.activate()
    try fixture.receive("+PONG\r\n$0\r\n\r\n*0\r\n")
    _ = try fixture.written()
    return fixture
  }

  func activate() {
    channel.pipeline.fireChannelActive()
  }

  func receive(_ text: String) throws {
    try channel.writeInbound(ByteBuffer(string: text))
    loop.run()
  }

  /// What was written since the last time, write by write.
  func writes() throws -> [String] {
    loop.run()
    var writes: [String] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { writes.append(String(buffer: buffer)) }
    return writes
  }

  /// The first words of the commands that were written since the last time.
  func written() throws -> [String] {
    let lines = try writes().joined().split(separator: "\r\n")
    return lines.indices.filter { lines[$0].hasPrefix("*") }.map { String(lines[$0 + 2]) }
  }

  func note(_ event: String) { events.append(event) }

  /// Sends a command whose end is noted as `name=reply`, or `name!code outcome`.
  @discardableResult
  func send(
    _ name: String, in time: TimeAmount = .seconds(5), _ payload: RedisCommand.Payload? = nil,
    then: @escaping () -> Void = {}
  ) -> RedisCommand {
    let promise = loop.makePromise(of: Reply.self)
    promise.futureResult.assumeIsolated().whenComplete { [unowned self] result in
      switch result {
      case .success(let reply): note("\(name)=\(reply.string ?? reply.int.map(String.init) ?? "?")")
      case .failure(let error as RedisError): note("\(name)!\(error.code) (\(error.outcome))")
      case .failure: note("\(name)!?")
      }
      then()
    }
    let command = RedisCommand(
      payload ?? .plain(["ECHO", CommandArgument(name)]), deadline: loop.now + time, promise: promise)
    handler.send(command)
    return command
  }

  func channelBecameReady(_ handler: RedisChannelHandler, facts: ConnectionFacts) { note("ready") }
  func channelIsDraining(_ handler: RedisChannelHandler) { note("draining") }
  func channelReceived(_ handler: RedisChannelHandler, push: Reply) { note("push") }
  func channelEnded(_ handler: RedisChannelHandler, error: RedisError) { note("ended \(error.code)") }
}
