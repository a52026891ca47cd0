import NIOCore
import NIOPosix

/// Listens on loopback and takes nobody in: who connects to it waits.
package final class FullServer: Sendable {
  /// Where it is.
  package let address: String
  private let listener: any Channel
  /// Those that fill its queue.
  private let queue: [any Channel]

  package init() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1)
      .serverChannelOption(.autoRead, value: false)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    address = "http://127.0.0.1:\(port)"
    var queue: [any Channel] = []
    // The kernel takes in a few: the queue is full when one of them waits.
    let bootstrap = ClientBootstrap(group: group).connectTimeout(.milliseconds(500))
    while let next = try? await bootstrap.connect(host: "127.0.0.1", port: port).get() {
      queue.append(next)
      guard queue.count < 64 else { throw DidNotHappen(description: "a queue of 1 is not full with 64") }
    }
    self.queue = queue
  }

  deinit {
    for channel in queue + [listener] { channel.close(promise: nil) }
  }
}
