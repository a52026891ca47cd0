import Foundation
import NIOCore
import NIOPosix

/// Who listens at a socket: as the kernel tells it, for a number that the other side tells may be one of another container.
enum PeerProcess {
  /// The process that listens there, in our own numbering.
  ///
  /// - Returns: `nil`: it is in another container, out of our sight.
  static func listening(at path: String) async throws -> Int32? {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(unixDomainSocketPath: path).get()
    guard let options = channel as? any SocketOptionProvider else { return nil }
    // `struct ucred`: process, user, group.
    let peer: (Int32, Int32, Int32) = try await options.unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
    ).get()
    try await channel.close()
    return peer.0 > 0 ? peer.0 : nil
  }
}
