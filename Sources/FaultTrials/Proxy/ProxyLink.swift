import Glibc
internal import NIOCore
internal import NIOPosix

/// One connection through a proxy, and its twin when it is doubled. All on one event loop.
final class ProxyLink {
  private let client: any Channel
  private let state: ProxyState
  private var server: (any Channel)?
  private var twin: (any Channel)?
  private var requests: ProxyPump?
  private var replies: ProxyPump?
  /// Whole values in each direction, to count what is lost and what is doubled.
  private var requestCount = ValueCounter()
  private var replyCount = ValueCounter()
  private var cutsAfter: Int?
  /// What arrives is dropped, in this direction.
  private var dropsRequests = false
  private var dropsReplies = false
  private var isClosed = false

  private init(_ client: any Channel, _ state: ProxyState) {
    self.client = client
    self.state = state
  }

  static func open(_ client: any Channel, _ state: ProxyState) -> EventLoopFuture<Void> {
    client.eventLoop.makeCompletedFuture {
      let link = ProxyLink(client, state)
      let bound = NIOLoopBound(link, eventLoop: client.eventLoop)
      let faults = state.join(bound, ObjectIdentifier(link))
      link.cutsAfter = faults.cutsAfter
      try client.pipeline.syncOperations.addHandler(ProxyHandler(link, .client))
      if faults.isRefusing { return link.cut(resets: false) }
      if faults.isHalfOpen {
        link.silence()
        return client.setOption(.autoRead, value: true).whenComplete { _ in }
      }
      link.connect(bound, isDoubled: faults.isDoubled)
    }
  }

  private func connect(_ bound: NIOLoopBound<ProxyLink>, isDoubled: Bool) {
    Self.dial(state.target, bound, .server).whenComplete { result in
      let link = bound.value
      guard case .success(let server) = result, !link.isClosed else { return link.cut(resets: false) }
      link.server = server
      link.requests = ProxyPump(server)
      link.replies = ProxyPump(link.client)
      link.client.setOption(.autoRead, value: true).whenComplete { _ in }
    }
    guard isDoubled else { return }
    Self.dial(state.target, bound, .twin).whenSuccess { twin in
      if bound.value.isClosed { twin.close(promise: nil) } else { bound.value.twin = twin }
    }
  }

  private static func dial(
    _ target: FaultProxy.Place, _ bound: NIOLoopBound<ProxyLink>, _ side: ProxyHandler.Side
  ) -> EventLoopFuture<any Channel> {
    let bootstrap = ClientBootstrap(group: bound.eventLoop).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(ProxyHandler(bound.value, side))
      }
    }
    return switch target {
    case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
    case .tcp(let port): bootstrap.connect(host: "127.0.0.1", port: port)
    }
  }

  // MARK: What arrives

  func arrived(_ bytes: ByteBuffer, from side: ProxyHandler.Side) {
    switch side {
    case .client:
      guard !dropsRequests else { return }
      let values = requestCount.feed(bytes.readableBytesView)
      if let twin {
        state.count { $0.doubled += values }
        twin.writeAndFlush(bytes, promise: nil)
      }
      let faults = state.faults
      if faults.isStalled { state.count { $0.held += 1 } }
      requests?.send(bytes, faults)
    case .server:
      let values = replyCount.feed(bytes.readableBytesView)
      if dropsReplies { return state.count { $0.lostReplies += values } }
      deliver(bytes)
    case .twin: break
    }
  }

  private func deliver(_ bytes: ByteBuffer) {
    guard let left = cutsAfter else { return replies?.send(bytes, state.faults, isReply: true) ?? () }
    guard bytes.readableBytes >= left else {
      cutsAfter = left - bytes.readableBytes
      return replies?.send(bytes, state.faults, isReply: true) ?? ()
    }
    // The last bytes must arrive before the end does.
    var bytes = bytes
    guard let last = bytes.readSlice(length: left) else { return }
    state.count { $0.cuts += 1 }
    let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
    client.writeAndFlush(last).whenComplete { _ in bound.value.close() }
  }

  // MARK: What is done to it

  func loseReplies(for time: Duration) {
    guard server != nil, !dropsReplies else { return }
    dropsReplies = true
    let bound = NIOLoopBound(self, eventLoop: client.eventLoop)
    client.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.cut(resets: false) }
  }

  func silence() { (dropsRequests, dropsReplies) = (true, true) }

  func resume() {
    requests?.flush()
    replies?.flush()
  }

  func cut(resets: Bool) {
    guard !isClosed else { return }
    state.count { $0.cuts += 1 }
    guard resets else { return close() }
    // Closed with what is on its way thrown away: the other end is told so by a reset.
    for channel in [client, server].compactMap({ $0 as? any SocketOptionProvider }) {
      channel.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
    }
    close()
  }

  /// One of the ends has gone: so do the others.
  func closed(_ side: ProxyHandler.Side) { if side != .twin { close() } }

  private func close() {
    guard !isClosed else { return }
    isClosed = true
    state.leave(ObjectIdentifier(self))
    for channel in [client, server, twin].compactMap({ $0 }) { channel.close(promise: nil) }
  }
}
