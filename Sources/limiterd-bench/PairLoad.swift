import Hiredis
import NIOCore
import NIOPosix

/// Workers that ask for a permit, settle it, and ask again: as many connections with as many calls in flight on each as
/// redis-benchmark has, on one thread, and as little work of their own.
struct PairLoad: Sendable {
  let socket: String
  let acquire: [CommandArgument]
  /// What follows the permit's id in SETTLE.
  let usage: [CommandArgument]

  static let connections = 50
  static let pipelined = 16

  struct Figures: Sendable {
    /// Pairs that were done within the time, per second.
    var perSecond: Double
    /// All that were done: those that were under way at the end, too.
    var pairs: Int
  }

  func run(for time: TimeAmount) async throws -> Figures {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let deadline = NIODeadline.now() + time
    let ends = try await withThrowingTaskGroup(of: EventLoopFuture<Pairs>.self) { group in
      for _ in 0..<Self.connections {
        group.addTask {
          let done = loop.makePromise(of: Pairs.self)
          let handler = loop.submit { NIOLoopBound(Handler(self, until: deadline, done: done), eventLoop: loop) }
          let bound = try await handler.get()
          _ = try await ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
          }.connect(unixDomainSocketPath: self.socket).get()
          return done.futureResult
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    var pairs = Pairs()
    for end in ends {
      let more = try await end.get()
      pairs.inTime += more.inTime
      pairs.late += more.late
    }
    return Figures(
      perSecond: Double(pairs.inTime) / (Double(time.nanoseconds) / 1e9), pairs: pairs.inTime + pairs.late)
  }

  private struct Pairs: Sendable {
    var inTime = 0
    var late = 0
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let load: PairLoad
    private let deadline: NIODeadline
    private let done: EventLoopPromise<Pairs>
    private let acquire: [UInt8]
    /// SETTLE up to its permit, and what follows that.
    private let settle, usage: [UInt8]
    private var reader = ReplyScanner()
    private var pairs = Pairs()
    private var inFlight = 0
    private var outgoing = ByteBuffer()

    init(_ load: PairLoad, until deadline: NIODeadline, done: EventLoopPromise<Pairs>) {
      self.load = load
      self.deadline = deadline
      self.done = done
      acquire = (try? CommandEncoder.encode(load.acquire)) ?? []
      settle = Array("*\(2 + load.usage.count)\r\n$6\r\nSETTLE\r\n".utf8)
      usage = load.usage.flatMap { word in Array("$\(word.bytes.count)\r\n".utf8) + word.bytes + Array("\r\n".utf8) }
    }

    func channelActive(context: ChannelHandlerContext) {
      for _ in 0..<PairLoad.pipelined { ask() }
      send(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      reader.feed(unwrapInboundIn(data).readableBytesView)
      do {
        while let reply = reader.next() { try answered(reply) }
      } catch {
        done.fail(error)
        return context.close(promise: nil)
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      send(context)
      guard inFlight == 0 else { return }
      done.succeed(pairs)
      context.close(promise: nil)
    }

    private static let settled = Array("+settled\r\n".utf8)
    /// Ten words; a permit with its length follows.
    private static let granted = Array("*10\r\n$7\r\ngranted\r\n".utf8)

    private func answered(_ reply: ArraySlice<UInt8>) throws {
      inFlight -= 1
      if reply.elementsEqual(Self.settled) {
        guard NIODeadline.now() < deadline else { return pairs.late += 1 }
        pairs.inTime += 1
        return ask()
      }
      let rest = reply.dropFirst(Self.granted.count)
      guard reply.starts(with: Self.granted), rest.first == UInt8(ascii: "$"),
        let line = rest.firstIndex(of: UInt8(ascii: "\n")),
        let end = rest[(line + 1)...].firstIndex(of: UInt8(ascii: "\n"))
      else {
        throw BenchError(
          what: "expected that everything is granted and settled, got \(String(decoding: reply, as: UTF8.self))")
      }
      inFlight += 1
      outgoing.writeBytes(settle)
      outgoing.writeBytes(rest[...end])
      outgoing.writeBytes(usage)
    }

    private func ask() {
      inFlight += 1
      outgoing.writeBytes(acquire)
    }

    private func send(_ context: ChannelHandlerContext) {
      guard outgoing.readableBytes > 0 else { return }
      context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
      outgoing.clear()
    }
  }
}
