import NIOCore
import NIOPosix

/// Connects, sends, and counts what comes until the connection ends.
final class ByteReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var count = 0
  private let ended: EventLoopPromise<Int>

  private init(_ ended: EventLoopPromise<Int>) { self.ended = ended }

  static func read(path: String, sending text: String) async throws -> Int {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let ended = loop.makePromise(of: Int.self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(ByteReader(ended)) }
      }
      .connect(unixDomainSocketPath: path).get()
    try await channel.writeAndFlush(ByteBuffer(string: text))
    return try await ended.futureResult.get()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { count += unwrapInboundIn(data).readableBytes }
  func channelInactive(context: ChannelHandlerContext) { ended.succeed(count) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
