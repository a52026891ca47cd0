import Foundation
import LimiterConfiguration
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The addresses of a daemon; all connections live on its event loop.
final class Listener: Sendable {
  private let socketFile: SocketFile
  /// `nil` once it is removed: from then on, a successor's file may have its number.
  private let identity: Mutex<FileIdentity?>
  private let channels: [any Channel]
  /// The port of the TCP address, if there is one.
  let port: Int?

  private init(socketFile: SocketFile, identity: FileIdentity?, channels: [any Channel], port: Int?) {
    self.socketFile = socketFile
    self.identity = Mutex(identity)
    self.channels = channels
    self.port = port
  }

  /// Listens at all addresses, or at none.
  static func start(
    _ core: NIOLoopBound<DaemonCore>, settings: DaemonSettings, socket: String, on loop: any EventLoop
  ) async throws -> Listener {
    let tls = try settings.server.tls.map(Self.context)
    let file = SocketFile(path: socket)
    try file.prepare()
    // Not bound by NIO, which removes at the end whatever is at the path by then: the socket of a successor, perhaps.
    let descriptor = try file.bindSocket(mode: settings.server.socketMode)
    let identity = file.identity
    let unix: any Channel
    do {
      unix = try await bootstrap(on: loop, core: core, tls: nil, isUnix: true).withBoundSocket(descriptor).get()
    } catch {
      file.remove(identity)
      throw DaemonError.cannotListen(at: socket, option: "--socket", error)
    }
    // NIO listens at a socket that it has not bound with a backlog of its own.
    listen(descriptor, DaemonBounds.backlog)
    do {
      guard let tcp = settings.server.tcp else {
        return Listener(socketFile: file, identity: identity, channels: [unix], port: nil)
      }
      let channel: any Channel
      do {
        channel = try await bootstrap(on: loop, core: core, tls: tls, isUnix: false)
          .bind(host: tcp.host, port: tcp.port).get()
      } catch {
        throw DaemonError.cannotListen(at: tcp.text, option: "--listen", error)
      }
      return Listener(
        socketFile: file, identity: identity, channels: [unix, channel], port: channel.localAddress?.port)
    } catch {
      file.remove(identity)
      try? await unix.close()
      throw error
    }
  }

  /// Takes no more connections; those that are there stay. Called again, it does nothing.
  func close() async {
    let own = identity.withLock { identity in
      defer { identity = nil }
      return identity
    }
    socketFile.remove(own)
    for channel in channels { try? await channel.close() }
  }

  private static func bootstrap(
    on loop: any EventLoop, core: NIOLoopBound<DaemonCore>, tls: NIOSSLContext?, isUnix: Bool
  ) -> ServerBootstrap {
    let bootstrap = ServerBootstrap(group: loop, childGroup: loop)
      .serverChannelOption(.backlog, value: DaemonBounds.backlog)
      .childChannelOption(
        .writeBufferWaterMark,
        value: ChannelOptions.Types.WriteBufferWaterMark(
          low: DaemonBounds.slowReaderBytes / 4, high: DaemonBounds.slowReaderBytes)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try initialize(channel, core.value, tls: tls, isUnix: isUnix) }
      }
    if isUnix { return bootstrap }
    return
      bootstrap
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
  }

  private static func initialize(
    _ channel: any Channel, _ core: DaemonCore, tls: NIOSSLContext?, isUnix: Bool
  ) throws {
    let origin: ConnectionOrigin =
      isUnix ? .unix : .tcp(peer: channel.remoteAddress.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "?")
    let pipeline = channel.pipeline.syncOperations
    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
    if let connection = core.accept(origin) {
      do { try pipeline.addHandler(connection) } catch {
        core.closed(connection)
        throw error
      }
    } else {
      try pipeline.addHandler(RefusingHandler())
    }
  }

  private static func context(_ tls: ServerOptions.TLS) throws(DaemonError) -> NIOSSLContext {
    let chain: [NIOSSLCertificateSource]
    do { chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { .certificate($0) } } catch {
      throw tlsError("certificate", "a certificate, or a chain of them, as a readable PEM file", tls.certificate, error)
    }
    let key: NIOSSLPrivateKey
    do { key = try NIOSSLPrivateKey(file: tls.key, format: .pem) } catch {
      throw tlsError("key", "a private key without a passphrase, as a readable PEM file", tls.key, error)
    }
    do {
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain, privateKey: .privateKey(key))
      configuration.minimumTLSVersion = .tlsv12
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw tlsError("key", "the key that fits \(tls.certificate)", tls.key, error)
    }
  }

  private static func tlsError(
    _ name: String, _ expected: String, _ path: String, _ error: any Error
  ) -> DaemonError {
    DaemonError(.configuration, "server.tls.\(name): expected \(expected), found something else at \(path): \(error)")
  }
}

/// Tells a connection that there are too many, and closes it.
private final class RefusingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelActive(context: ChannelHandlerContext) {
    var reply = ReplyBuffer()
    reply.writeRESP(error: "ERR max number of clients reached")
    // A peer that does not take it, or never ends its handshake, is not waited for.
    context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: reply.bytes))).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
