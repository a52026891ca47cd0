import Hiredis
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport

/// A worker's raw connection: commands go out as they are given, replies come in order.
final class WorkerClient: Sendable {
  private let channel: any Channel
  private let replies: ReplyQueue

  private init(_ channel: any Channel, _ replies: ReplyQueue) {
    self.channel = channel
    self.replies = replies
  }

  static func connect(_ socket: String) async throws -> WorkerClient {
    let replies = ReplyQueue()
    return WorkerClient(try await bootstrap(replies, tls: nil).connect(unixDomainSocketPath: socket).get(), replies)
  }

  static func connect(port: Int, tls: NIOSSLContext? = nil) async throws -> WorkerClient {
    let replies = ReplyQueue()
    return WorkerClient(try await bootstrap(replies, tls: tls).connect(host: "127.0.0.1", port: port).get(), replies)
  }

  private static func bootstrap(_ replies: ReplyQueue, tls: NIOSSLContext?) -> ClientBootstrap {
    ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
          try pipeline.addHandler(ReceivingHandler(replies))
        }
      }
  }

  /// Sends commands in one write, and does not wait.
  func send(_ commands: [[String]]) {
    var bytes = ByteBuffer()
    for command in commands {
      bytes.writeBytes((try? CommandEncoder.encode(command.map { CommandArgument($0) })) ?? [])
    }
    channel.writeAndFlush(bytes, promise: nil)
  }

  func send(_ command: String...) { send([command]) }

  func send(raw text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

  func send(bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  /// The next reply; `nil`: the connection was closed.
  func reply(within limit: Duration = .seconds(30)) async throws -> Reply? {
    try await within(limit, "a reply") { await self.replies.next() }
  }

  func call(_ command: [String]) async throws -> Reply {
    send([command])
    guard let reply = try await reply() else { throw ConnectionEnded() }
    return reply
  }

  func call(_ command: String...) async throws -> Reply { try await call(command) }

  /// A command as a person types it.
  func call(line: String) async throws -> Reply {
    try await call(line.split(separator: " ").map(String.init))
  }

  func close() async { try? await channel.close() }

  /// Stops or starts to read what comes.
  func setReading(_ isReading: Bool) async throws {
    try await channel.setOption(.autoRead, value: isReading).get()
  }
}

struct ConnectionEnded: Error {}

/// Replies that have come and nobody has taken.
private actor ReplyQueue {
  private var replies: [Reply?] = []
  private var waiting: [CheckedContinuation<Reply?, Never>] = []
  private var hasEnded = false

  func put(_ reply: Reply?) {
    if reply == nil { hasEnded = true }
    if waiting.isEmpty { replies.append(reply) } else { waiting.removeFirst().resume(returning: reply) }
  }

  func next() async -> Reply? {
    if !replies.isEmpty { return replies.removeFirst() }
    if hasEnded { return nil }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiting.append($0) }
    } onCancel: {
      Task { await cancelAll() }
    }
  }

  private func cancelAll() {
    for continuation in waiting { continuation.resume(returning: nil) }
    waiting = []
  }
}

private final class ReceivingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var reader = ReplyReader()
  private let stream: AsyncStream<Reply?>.Continuation

  init(_ replies: ReplyQueue) {
    let (stream, continuation) = AsyncStream.makeStream(of: Reply?.self)
    self.stream = continuation
    // One task keeps the order.
    Task { for await reply in stream { await replies.put(reply) } }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do {
      try unwrapInboundIn(data).withUnsafeReadableBytes { try reader.feed($0) }
      while let reply = try reader.next() { stream.yield(reply) }
    } catch {
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    stream.yield(nil)
    stream.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
