import Logging
import NIOCore

/// One connection of a worker: from bytes to commands, and from replies to bytes.
///
/// ```
/// bytes --> RequestReader --> DaemonCore.handle --> answer --> ReplyOrder --> outgoing --> one write per turn of the loop
///             ^ is not asked while too much waits to be answered or taken: then nothing is read of the socket either
/// ```
final class WorkerConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  let id: Int64
  let origin: ConnectionOrigin
  let since: NIODeadline
  var session: WorkerSession
  var facts = ConnectionFacts()
  var isAuthenticated: Bool { didSet { setLimits() } }

  private let core: DaemonCore
  private var context: ChannelHandlerContext?
  private var reader = RequestReader(limits: DaemonBounds.request)
  /// The last request, where the same bytes again are one more of these calls: who only asks for rates says one thing over and over.
  private var repeated: (request: [UInt8], calls: AlikeGroup)?
  private var order = ReplyOrder()
  private var taggedCount = 0
  private var outgoing = ReplyBuffer()
  /// What goes to the socket: its memory is used again as soon as the kernel has taken it.
  private var sending = ByteBuffer()
  private var isReading = false
  private var isProcessing = false
  private var wantsRead = false
  /// Nothing more is read; it closes when all that was asked before is answered.
  private var isEnding = false
  private var isClosing = false
  private var isWritable = true
  private var authenticationTimer: Scheduled<Void>?
  /// Whether it stands in the core's list of those that have something to send.
  var isInFlushList = false

  init(_ core: DaemonCore, id: Int64, origin: ConnectionOrigin, session: WorkerSession) {
    self.core = core
    self.id = id
    self.origin = origin
    self.session = session
    since = .now()
    isAuthenticated = !core.needsPassword(origin)
    setLimits()
  }

  private func setLimits() {
    reader.limits = isAuthenticated ? DaemonBounds.request : DaemonBounds.firstRequest
  }

  /// Commands that have no reply yet.
  var pendingCount: Int { order.count + taggedCount }

  // MARK: Receiving

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnding else { return }
    isReading = true
    do {
      try reader.feed(unwrapInboundIn(data))
      process()
    } catch {
      violate("\(error)")
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
    context.fireChannelReadComplete()
  }

  /// Too much waits already: to be answered, or to be taken by the other side.
  private var isBlocked: Bool {
    order.count >= DaemonBounds.pipelined || order.keptBytes >= DaemonBounds.slowReaderBytes
      || outgoing.count >= DaemonBounds.slowReaderBytes || !isWritable
  }

  private func process() {
    guard !isProcessing else { return }
    isProcessing = true
    defer { isProcessing = false }
    while !isEnding, !isClosing, !isBlocked {
      do {
        if repeats() { continue }
        guard let words = try reader.next() else { return }
        // Redis ignores an empty array, too.
        if let command = WorkerCommand(words) { handle(command) }
      } catch {
        violate("\(error)")
      }
    }
  }

  /// Whether the next request was the last one once more.
  private func repeats() -> Bool {
    guard let repeated, isAuthenticated, !session.isReplacement, !facts.isInTransaction, reader.skip(repeated.request)
    else { return false }
    core.counters.commands += 1
    core.join(repeated.calls, ReplyTarget(connection: self, place: .ordered(order.begin())))
    return true
  }

  /// The request that was read last is one of these calls.
  func joined(_ calls: AlikeGroup) {
    if repeated?.calls !== calls { repeated = (reader.lastRequest, calls) }
  }

  private func handle(_ command: WorkerCommand) {
    guard command.name == "TAG", isAuthenticated else {
      let target = ReplyTarget(connection: self, place: .ordered(order.begin()))
      return core.handle(command, target)
    }
    var reader = ArgumentReader(command)
    do throws(CommandError) {
      let tag = try reader.number("a tag", 0...Int64.max)
      guard let inner = WorkerCommand(reader.rest) else {
        throw reader.malformed("expected a command after the tag, nothing came")
      }
      taggedCount += 1
      let target = ReplyTarget(connection: self, place: .tagged(tag))
      if inner.name == "TAG" {
        target.answer(CommandError(.malformed, "TAG: expected a command after the tag, another TAG came"))
      } else if taggedCount > DaemonBounds.tagged {
        target.answer(
          CommandError(.busy, "\(DaemonBounds.tagged) tagged commands of this connection have no reply yet"))
      } else {
        core.handle(inner, target)
      }
    } catch {
      ReplyTarget(connection: self, place: .ordered(order.begin())).answer(error)
    }
  }

  /// Not our protocol: nothing that follows can be understood.
  private func violate(_ message: String) {
    guard !isEnding, !isClosing else { return }
    core.counters.protocolErrors += 1
    isEnding = true
    answer(.ordered(order.begin())) { $0.writeRESP(error: "ERR Protocol error: \(message)") }
  }

  /// QUIT: what was asked before is answered first, however long it waits; a client that goes is not waited for.
  func end() { isEnding = true }

  // MARK: Answering

  func answer(_ place: ReplyTarget.Place, _ write: (inout ReplyBuffer) -> Void) {
    guard !isClosing else { return }
    switch place {
    case .ordered(let number):
      order.answer(number, into: &outgoing, write)
    case .tagged(let tag):
      taggedCount -= 1
      outgoing.writeRESP(array: 2)
      outgoing.writeRESP(tag)
      write(&outgoing)
    case .collected(let reply):
      return reply.take(write)
    }
    if outgoing.count + order.keptBytes > DaemonBounds.outgoingBytes {
      // Many replies of one moment: whoever takes them is no slow reader.
      send()
      if outgoing.count + order.keptBytes > DaemonBounds.outgoingBytes { return dropSlowReader() }
    }
    if !isReading { core.flushLater(self) }
  }

  /// Sends what is ready, and goes on with what had to wait for that.
  func flush() {
    guard context != nil else { return }
    if isEnding, pendingCount == 0 { return closeAfterReplies() }
    send()
    resume()
  }

  private func send() {
    guard let context, !outgoing.isEmpty, isWritable else { return }
    sending.clear()
    sending.writeBytes(outgoing.bytes)
    outgoing.clear()
    context.writeAndFlush(wrapOutboundOut(sending), promise: nil)
  }

  private func resume() {
    guard !isProcessing, !isClosing, !isBlocked else { return }
    process()
    if !outgoing.isEmpty { core.flushLater(self) }
    guard wantsRead, !isBlocked, let context else { return }
    wantsRead = false
    context.read()
  }

  func read(context: ChannelHandlerContext) {
    if isBlocked { wantsRead = true } else { context.read() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if isWritable { flush() }
    context.fireChannelWritabilityChanged()
  }

  private func dropSlowReader() {
    core.counters.slowReaders += 1
    core.logger.info(
      "closed a connection that does not take its replies", metadata: [LogKey.connection: "\(id)"])
    close()
  }

  // MARK: Beginning and end

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    guard !isAuthenticated else { return }
    authenticationTimer = context.eventLoop.assumeIsolated().scheduleTask(
      in: TimeAmount(DaemonBounds.authentication)
    ) { [weak self] in
      guard let self, !isAuthenticated else { return }
      outgoing.writeRESP(error: "NOAUTH no password came within \(DaemonBounds.authentication); closing")
      closeAfterReplies()
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    authenticationTimer?.cancel()
    self.context = nil
    // One that was never active.
    core.closed(self)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    core.closed(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    core.logger.debug(
      "a connection broke", metadata: [LogKey.connection: "\(id)", LogKey.error: "\(error)"])
    close()
  }

  /// Sends what is ready, and closes; what has no reply yet gets none.
  func closeAfterReplies() {
    guard let context, !isClosing else { return }
    isClosing = true
    authenticationTimer?.cancel()
    let bytes = ByteBuffer(bytes: outgoing.bytes)
    outgoing.clear()
    context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    // Who does not take its last replies is not waited for.
    context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { context.close(promise: nil) }
  }

  func close() {
    isClosing = true
    context?.close(promise: nil)
  }
}
