internal import NIOCore
internal import NIOPosix
import Synchronization

/// A socket in front of another one, whose connections do what networks do: see ``LinkFaults``. Everything can be switched while it runs,
/// and what was done is counted.
///
///     client ----> FaultProxy ----> server
///                      `----------> the same server again, when connections are doubled
package final class FaultProxy: Sendable {
  /// Where a socket is.
  package enum Place: Sendable, Hashable {
    case unix(String)
    /// A port of 127.0.0.1; 0: any that is free. Only TCP knows resets.
    case tcp(Int)
  }

  /// Where clients connect.
  package let place: Place
  private let listener: any Channel
  private let state: ProxyState

  /// Listens.
  package init(at place: Place, to target: Place) async throws {
    let state = ProxyState(target)
    self.state = state
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { channel in ProxyLink.open(channel, state) }
    switch place {
    case .unix(let path): listener = try await bootstrap.bind(unixDomainSocketPath: path).get()
    case .tcp(let port): listener = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
    }
    self.place =
      switch place {
      case .unix: place
      case .tcp: .tcp(listener.localAddress?.port ?? 0)
      }
  }

  /// What its connections do from now on.
  package var faults: LinkFaults {
    get { state.faults }
    set { state.set(newValue) }
  }

  /// What has happened so far.
  package var counts: ProxyCounts { state.counts }

  /// Where connections lead from the next one on.
  package func retarget(_ target: Place) { state.retarget(target) }

  /// Swallows the replies of all connections for a moment, and then closes them: what the server has executed meanwhile, nobody hears of.
  package func loseReplies(for time: Duration) { state.each { $0.loseReplies(for: time) } }

  /// Closes all connections.
  ///
  /// - Parameter resets: with a reset, where the kind of socket has that.
  package func cut(resets: Bool = false) { state.each { $0.cut(resets: resets) } }

  /// What is on its way on connections of now never arrives, in either direction, and they stay open.
  package func silence() { state.each { $0.silence() } }

  /// Stops listening, and closes all connections.
  package func close() async {
    try? await listener.close()
    cut()
  }
}
