internal import NIOCore

/// One end of a ``ProxyLink``.
final class ProxyHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  enum Side: Sendable {
    case client
    case server
    case twin
  }

  private let link: ProxyLink
  private let side: Side

  init(_ link: ProxyLink, _ side: Side) {
    self.link = link
    self.side = side
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { link.arrived(unwrapInboundIn(data), from: side) }
  func channelInactive(context: ChannelHandlerContext) { link.closed(side) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
