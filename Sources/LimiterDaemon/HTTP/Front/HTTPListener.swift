import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import LimiterConfiguration
import Logging
import NIOCore

/// The HTTP address of a daemon; its connections live on the daemon's event loop.
final class HTTPListener: Sendable {
  let port: Int
  private let server: Task<Void, any Error>
  private let core: NIOLoopBound<DaemonCore>

  private init(port: Int, server: Task<Void, any Error>, core: NIOLoopBound<DaemonCore>) {
    self.port = port
    self.server = server
    self.core = core
  }

  /// Listens.
  ///
  /// - Throws: ``DaemonError`` when it cannot.
  static func start(
    _ core: NIOLoopBound<DaemonCore>, settings: DaemonSettings, address: ServerOptions.TCP, on loop: any EventLoop
  ) async throws -> HTTPListener {
    loop.execute { core.value.openHTTP() }
    // What Hummingbird logs of a request is for its developers.
    var logger = Logger(label: "limiterd.http")
    logger.logLevel = .critical
    let bound = loop.makePromise(of: Int.self)
    let bodyTime = settings.httpBodyTime
    let front = HTTPFrontEnd(core: core, settings: settings, loop: loop)
    let application = Application(
      responder: CallbackResponder<HTTPContext> { request, context in await front.respond(request, context) },
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          additionalChannelHandlers: [ClientWatch(bodyTime: bodyTime), UnreadableRequest()],
          idleTimeout: HTTPBounds.idleTime,
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: HTTPBounds.headFieldBytes, maxHeaderListSize: HTTPBounds.headBytes,
            maxHeaderFieldCount: HTTPBounds.headFields))),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port), backlog: Int(DaemonBounds.backlog),
        availableConnectionsDelegate: .maximum(settings.httpConnections, logger: logger)),
      onServerRunning: { channel in bound.succeed(channel.localAddress?.port ?? 0) },
      eventLoopGroupProvider: .shared(loop), logger: logger)
    let server = Task.detached {
      do { try await application.run() } catch {
        bound.fail(error)
        throw error
      }
      bound.fail(CancellationError())
    }
    do {
      return HTTPListener(port: try await bound.futureResult.get(), server: server, core: core)
    } catch {
      loop.execute { core.value.closeHTTP() }
      throw DaemonError.cannotListen(" for HTTP", at: address.text, option: "--http", error)
    }
  }

  /// Closes the address and all of its connections.
  func close(on loop: any EventLoop) async {
    server.cancel()
    _ = await server.result
    loop.execute { [core] in core.value.closeHTTP() }
  }
}
