import NIOCore
import NIOPosix
import PrivateRedis
import SeededRandom
import Synchronization
import TestSupport

/// A Unix socket in front of another one, whose connections break: after so many bytes of replies, wherever in a reply that is.
final class CuttingProxy: Sendable {
  let socket: String
  private let folder: GuardedDirectory
  private let listener: any Channel
  private let scissors: Scissors

  /// How many connections there were.
  var connections: Int { scissors.state.withLock { $0.connections } }

  /// - Parameters:
  ///   - purpose: seeds where the connections are cut.
  ///   - bytes: after how many bytes of replies.
  init(to target: String, purpose: String, cutAfter bytes: ClosedRange<Int> = 200...20_000) async throws {
    folder = try GuardedDirectory(named: "proxy")
    socket = folder.path + "/p.sock"
    let scissors = Scissors(SeededGenerator(for: purpose), bytes)
    self.scissors = scissors
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { channel in
        let bytes = scissors.nextBudget()
        return ClientBootstrap(group: channel.eventLoop)
          .channelInitializer { upstream in
            upstream.eventLoop.makeCompletedFuture {
              try upstream.pipeline.syncOperations.addHandler(Forwarder(to: channel, budget: bytes))
            }
          }
          .connect(unixDomainSocketPath: target)
          .flatMap { upstream in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(Forwarder(to: upstream, budget: .max))
            }
          }
          .flatMap { channel.setOption(.autoRead, value: true) }
      }
      .bind(unixDomainSocketPath: socket).get()
  }

  /// From the next connection on, none is cut.
  func stopCutting() { scissors.state.withLock { $0.isCutting = false } }

  func close() async { try? await listener.close() }
}

private final class Scissors: Sendable {
  struct State {
    var random: SeededGenerator
    var connections = 0
    var isCutting = true
  }

  let state: Mutex<State>

  private let bytes: ClosedRange<Int>

  init(_ random: SeededGenerator, _ bytes: ClosedRange<Int>) {
    state = Mutex(State(random: random))
    self.bytes = bytes
  }

  func nextBudget() -> Int {
    state.withLock { state in
      state.connections += 1
      return state.isCutting ? Int.random(in: bytes, using: &state.random) : .max
    }
  }
}

private final class Forwarder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel
  private var budget: Int

  init(to other: any Channel, budget: Int) {
    self.other = other
    self.budget = budget
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    guard bytes.readableBytes >= budget else {
      budget -= budget == .max ? 0 : bytes.readableBytes
      return other.writeAndFlush(bytes, promise: nil)
    }
    if let last = bytes.readSlice(length: budget) { other.writeAndFlush(last, promise: nil) }
    budget = 0
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
