import NIOCore
import NIOPosix
import PrivateRedis
import SeededRandom
import Synchronization

/// A Unix socket in front of another one, whose connections break: after so many bytes of replies, wherever in a reply that is, or once, instead of
/// a reply with a word. Or requests with a word get lost.
package final class CuttingProxy: Sendable {
  package let socket: String
  private let folder: GuardedDirectory
  private let listener: any Channel
  private let scissors: Scissors

  /// How many connections there were.
  package var connections: Int { scissors.state.withLock { $0.connections } }

  /// - Parameters:
  ///   - purpose: seeds where the connections are cut.
  ///   - bytes: after how many bytes of replies.
  package convenience init(to target: String, purpose: String, cutAfter bytes: ClosedRange<Int> = 200...20_000)
    async throws
  {
    try await self.init(to: target, Scissors(SeededGenerator(for: purpose), bytes))
  }

  /// - Parameter word: the first reply that has it is lost with its connection; nothing else is.
  package convenience init(to target: String, losing word: String) async throws {
    try await self.init(to: target, Scissors(losing: word))
  }

  /// - Parameter word: requests that have it never arrive, and so are never answered.
  package convenience init(to target: String, swallowing word: String) async throws {
    try await self.init(to: target, Scissors(swallowing: word))
  }

  private init(to target: String, _ scissors: Scissors) async throws {
    folder = try GuardedDirectory(named: "proxy")
    socket = folder.path + "/p.sock"
    self.scissors = scissors
    listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { channel in
        let bytes = scissors.nextBudget()
        return ClientBootstrap(group: channel.eventLoop)
          .channelInitializer { upstream in
            upstream.eventLoop.makeCompletedFuture {
              try upstream.pipeline.syncOperations.addHandler(Forwarder(to: channel, budget: bytes, .replies(scissors)))
            }
          }
          .connect(unixDomainSocketPath: target)
          .flatMap { upstream in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(
                Forwarder(to: upstream, budget: .max, .requests(swallowing: scissors.swallowed)))
            }
          }
          .flatMap { channel.setOption(.autoRead, value: true) }
      }
      .bind(unixDomainSocketPath: socket).get()
  }

  /// From the next connection on, none is cut.
  package func stopCutting() { scissors.state.withLock { $0.isCutting = false } }

  package func close() async { try? await listener.close() }
}

private final class Scissors: Sendable {
  struct State {
    var random: SeededGenerator
    var connections = 0
    var isCutting = true
    /// What the reply has that is to be lost.
    var lost: String?
  }

  let state: Mutex<State>

  let swallowed: String?
  private let bytes: ClosedRange<Int>

  init(_ random: SeededGenerator, _ bytes: ClosedRange<Int>) {
    state = Mutex(State(random: random))
    (self.bytes, swallowed) = (bytes, nil)
  }

  init(losing word: String) {
    state = Mutex(State(random: SeededGenerator(seed: 0), isCutting: false, lost: word))
    (bytes, swallowed) = (0...0, nil)
  }

  init(swallowing word: String) {
    state = Mutex(State(random: SeededGenerator(seed: 0), isCutting: false))
    (bytes, swallowed) = (0...0, word)
  }

  /// Once.
  func loses(_ reply: ByteBuffer) -> Bool {
    state.withLock { state in
      guard let lost = state.lost, String(buffer: reply).contains(lost) else { return false }
      state.lost = nil
      return true
    }
  }

  func nextBudget() -> Int {
    state.withLock { state in
      state.connections += 1
      return state.isCutting ? Int.random(in: bytes, using: &state.random) : .max
    }
  }
}

private final class Forwarder: ChannelInboundHandler {
  enum Side {
    case replies(Scissors)
    case requests(swallowing: String?)
  }

  typealias InboundIn = ByteBuffer

  private let other: any Channel
  private var budget: Int
  private let side: Side

  init(to other: any Channel, budget: Int, _ side: Side) {
    self.other = other
    self.budget = budget
    self.side = side
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch side {
    case .replies(let scissors): if scissors.loses(bytes) { return context.close(promise: nil) }
    case .requests(let swallowed): if let swallowed, String(buffer: bytes).contains(swallowed) { return }
    }
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
