import NIOCore
import NIOPosix
import NIOSSL

/// Makes channels to one address: DNS, TCP or Unix socket, TLS.
package struct Connector: Sendable {
  private let configuration: RedisConfiguration
  private let context: NIOSSLContext?

  /// Reads the certificate files: some milliseconds, so not on an event loop.
  package init(_ configuration: RedisConfiguration) throws(RedisError) {
    self.configuration = configuration
    self.context = if let tls = configuration.tls { try Self.makeContext(tls) } else { nil }
  }

  /// Connects on `eventLoop`; `addHandler` is called there before the channel is active.
  func connect(
    on eventLoop: any EventLoop, addHandler: @escaping @Sendable (any Channel) throws -> Void
  ) -> EventLoopFuture<any Channel> {
    let bootstrap = ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(configuration.connectTimeout))
      .channelInitializer { [context, configuration] channel in
        channel.eventLoop.makeCompletedFuture {
          if let context {
            let name = Self.serverName(configuration)
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: context, serverHostname: name))
          }
          try addHandler(channel)
        }
      }
    switch configuration.address {
    case .unix(let path):
      return bootstrap.connect(unixDomainSocketPath: path)
    case .tcp(let host, let port):
      let bootstrap =
        bootstrap
        // Small writes that wait for an acknowledgement are the opposite of what we want.
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelOption(.socketOption(.so_keepalive), value: 1)
      // A name is looked up on a thread that the loop shares with all its lookups; an address need not wait for it.
      if let address = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: address) }
      return bootstrap.connect(host: host, port: port)
    }
  }

  /// The name to ask for (SNI) and to find in the certificate; `nil` for an IP address, which is then looked for itself.
  private static func serverName(_ configuration: RedisConfiguration) -> String? {
    if let name = configuration.tls?.serverName { return name }
    guard case .tcp(let host, _) = configuration.address else { return nil }
    return (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
  }

  private static func makeContext(_ tls: RedisTLS) throws(RedisError) -> NIOSSLContext {
    var settings = TLSConfiguration.makeClientConfiguration()
    settings.minimumTLSVersion = .tlsv12
    if let file = tls.caFile {
      settings.trustRoots = .certificates(try read("ca", file) { try NIOSSLCertificate.fromPEMFile(file) })
    }
    if let file = tls.certificateFile {
      let chain = try read("cert", file) { try NIOSSLCertificate.fromPEMFile(file) }
      settings.certificateChain = chain.map { .certificate($0) }
    }
    if let file = tls.privateKeyFile {
      settings.privateKey = .privateKey(try read("key", file) { try NIOSSLPrivateKey(file: file, format: .pem) })
    }
    return try read("certificates", "TLS") { [settings] in try NIOSSLContext(configuration: settings) }
  }

  private static func read<Value>(
    _ what: String, _ file: String, _ body: () throws -> Value
  ) throws(RedisError) -> Value {
    do {
      return try body()
    } catch {
      throw RedisError(
        .invalidConfiguration,
        "TLS: \(what) (\(file)) cannot be used; it must be a readable PEM file, and a key must fit "
          + "its certificate.", outcome: .notSent, cause: error)
    }
  }
}
