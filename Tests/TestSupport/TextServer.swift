import NIOCore
import NIOPosix

/// Answers each request, of JSON, with the same text, byte by byte as it is, on loopback; as long as it is kept.
package final class TextServer: Sendable {
  /// Where it is.
  package let address: String
  private let listener: any Channel

  /// - Parameter closes: whether it closes the connection after the text, or keeps silent.
  package init(_ text: String, closes: Bool = true) async throws {
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(TextHandler(text, closes: closes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    address = "http://127.0.0.1:\(listener.localAddress?.port ?? 0)"
  }

  deinit { listener.close(promise: nil) }
}

private final class TextHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let text: String
  private let closes: Bool
  private var request = ""

  init(_ text: String, closes: Bool) {
    self.text = text
    self.closes = closes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    request += String(buffer: unwrapInboundIn(data))
    // Unread bytes of the request would reset the connection, and with it take the answer away.
    guard request.hasSuffix("}") else { return }
    request = ""
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    if closes { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
