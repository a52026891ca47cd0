import NIOCore
import NIOPosix
import TestSupport

/// A connection on which any bytes can be sent.
final class RawHTTPClient: Sendable {
  private let channel: any Channel
  private let received: Recorder<String>

  private init(_ channel: any Channel, _ received: Recorder<String>) {
    self.channel = channel
    self.received = received
  }

  static func connect(_ port: Int) async throws -> RawHTTPClient {
    let received = Recorder<String>()
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(RecordingHandler(received))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    return RawHTTPClient(channel, received)
  }

  func send(_ text: String) { send(bytes: Array(text.utf8)) }

  func send(bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  /// Everything that came, once the other side has closed.
  func end(within limit: Duration = .seconds(30)) async throws -> String {
    try await received.wait(for: "its end", within: limit) { $0.last == "" }.joined()
  }

  /// Everything that came, once there is a whole head.
  func head() async throws -> String { try await text(containing: "\r\n\r\n") }

  /// Everything that came, once this is in it or the other side has closed.
  func text(containing part: String) async throws -> String {
    try await received.wait(for: part) { $0.joined().contains(part) || $0.last == "" }.joined()
  }

  func closeOutput() async throws { try await channel.close(mode: .output).get() }

  func close() async { try? await channel.close() }

  static func post(_ path: String, _ body: String) -> String {
    "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// Records what comes; an empty text at the end.
private final class RecordingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let received: Recorder<String>
  private var hasEnded = false

  init(_ received: Recorder<String>) { self.received = received }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received.record(String(buffer: unwrapInboundIn(data)))
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent { end() }
  }

  func channelInactive(context: ChannelHandlerContext) { end() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func end() {
    if !hasEnded { received.record("") }
    hasEnded = true
  }
}
