import Hiredis
import NIOCore

/// Between bytes and commands: carries out what ``ConnectionStateMachine`` and ``PendingReplies`` say.
///
/// Writing: commands of one event-loop tick are formatted one behind the other into one buffer, which goes out with one
/// `writev` when the tick ends: at `channelReadComplete` if we are reading, else in a task of the same tick.
///
/// The trap here is re-entrance: completing a command runs its caller's code at once, and that may send, cancel or close.
/// So nothing is kept in a local variable across a completion, and every close goes through ``finish(_:)``, once.
final class RedisChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// hiredis moves what it has not used yet: bigger pieces cost more than they save.
  private static let feedSize = 16 << 10
  /// More than this does not wait for the end of the tick.
  private static let flushSize = 64 << 10

  weak var delegate: (any RedisChannelHandlerDelegate)?

  private let configuration: RedisConfiguration
  private let eventLoop: any EventLoop
  private var machine: ConnectionStateMachine
  private var reader: ReplyReader
  private var pending = PendingReplies<RedisCommand, NIODeadline>()
  private var scripts = ScriptReloads()
  private var context: ChannelHandlerContext?
  private var isFinished = false

  private var outgoing = ByteBuffer()
  private var isReading = false
  private var flushIsScheduled = false

  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture

  init(role: ConnectionStateMachine.Role, configuration: RedisConfiguration, eventLoop: any EventLoop) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.machine = ConnectionStateMachine(role: role)
    self.reader = ReplyReader(limits: configuration.limits.reply)
  }

  /// Commands without a reply.
  var pendingCount: Int { pending.count }
  var pendingByteCount: Int { pending.byteCount }

  // MARK: Sending

  /// Sends `command`, whose reply, or failure, will come. Only between `channelBecameReady` and `channelIsDraining`.
  func send(_ command: RedisCommand) {
    guard machine.isReady else {
      command.fail(RedisError(.connectionLost, "The connection has just ended.", outcome: .notSent))
      return
    }
    guard format(command.payload.wireArguments, orFail: command) else { return }
    command.isSent = true
    pending.append(command, deadline: command.deadline, byteCount: command.byteCount)
    arm(command.deadline)
    scheduleFlush()
  }

  /// Sends a command that has no reply of its own: SUBSCRIBE and its like, whose answers are pushes.
  func sendUnmatched(_ arguments: [CommandArgument]) {
    guard machine.isReady, format(arguments, orFail: nil) else { return }
    scheduleFlush()
  }

  /// Formats at the end of the buffer: hiredis' memory is copied once, and nothing else is.
  private func format(_ arguments: [CommandArgument], orFail command: RedisCommand?) -> Bool {
    do {
      try CommandEncoder.withEncoded(arguments) { _ = outgoing.writeBytes($0) }
      return true
    } catch {
      command?.fail(
        RedisError(.invalidCommand, "The command could not be encoded.", outcome: .notSent, cause: error))
      return false
    }
  }

  private func scheduleFlush() {
    if outgoing.readableBytes >= Self.flushSize { return flush() }
    guard !isReading, !flushIsScheduled else { return }
    flushIsScheduled = true
    eventLoop.assumeIsolated().execute { [self] in
      flushIsScheduled = false
      flush()
    }
  }

  private func flush() {
    guard let context, outgoing.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
    // Reuses the memory when the kernel took all of it, which is nearly always.
    if outgoing.capacity > 4 * Self.flushSize { outgoing = ByteBuffer() } else { outgoing.clear() }
  }

  // MARK: Receiving

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isReading = true
    var bytes = unwrapInboundIn(data)
    while !isFinished, let piece = bytes.readSlice(length: min(Self.feedSize, bytes.readableBytes)),
      piece.readableBytes > 0
    {
      do {
        try piece.withUnsafeReadableBytes { try reader.feed($0) }
        while !isFinished, let reply = try reader.next() { perform(machine.received(reply)) }
      } catch {
        finish(
          RedisError(
            .protocolViolation, "The server sent something that is not RESP2 or is over a bound of RedisClientLimits.",
            outcome: .unknown, cause: error))
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
    context.fireChannelReadComplete()
  }

  private func perform(_ action: ConnectionStateMachine.Action) {
    switch action {
    case .none: break
    case .send(let steps):
      for step in steps where !format(step.arguments, orFail: nil) {
        return finish(RedisError(.invalidCommand, "\(step.name) could not be encoded.", outcome: .notSent))
      }
      flush()
    case .becomeReady(let facts):
      rearm()
      delegate?.channelBecameReady(self, facts: facts)
    case .deliver(let reply):
      deliver(reply)
      perform(machine.delivered(pendingIsEmpty: pending.isEmpty))
    case .push(let reply):
      delegate?.channelReceived(self, push: reply)
    case .close(let error):
      finish(error)
    }
  }

  private func deliver(_ reply: Reply) {
    guard let command = pending.popFirst() else {
      return finish(
        RedisError(
          .protocolViolation, "A reply came that nobody had asked for: is there a proxy in between?", outcome: .unknown)
      )
    }
    guard case .error(let text) = reply else {
      if case .load(let script) = command.payload { scripts.loaded(script, error: nil) }
      return command.succeed(reply)
    }
    fail(command, replied: text)
  }

  private func fail(_ command: RedisCommand, replied text: String) {
    let rule = ServerErrorTable.rule(forReply: text)
    var error = ServerErrorTable.error(forReply: text, isScript: command.isScript)
    switch command.payload {
    case .load(let script):
      scripts.loaded(script, error: error)
    case .script(let script, _, _) where rule.code == .noScript:
      if retryAfterLoad(command, script) { return }
      error = RedisError(error.code, error.message, outcome: error.outcome, cause: scripts.lastError(of: script))
    default:
      break
    }
    if !rule.keepsConnection { drain(because: error) }
    command.fail(error)
  }

  /// Nothing has run, so sending again is safe. The command goes to the end of the queue: commands that were sent between
  /// it and now run before it.
  private func retryAfterLoad(_ command: RedisCommand, _ script: RedisScript) -> Bool {
    guard !command.hasReloaded, !command.isDone, machine.isReady else { return false }
    command.hasReloaded = true
    if scripts.shouldLoad(script) {
      send(RedisCommand(.load(script), deadline: command.deadline, promise: nil))
    }
    send(command)
    return true
  }

  // MARK: Time

  /// One timer for all commands, at the earliest deadline that was ever armed. When it fires, the queue is looked through;
  /// so a command that is answered in time costs no timer at all.
  private func arm(_ deadline: NIODeadline) {
    guard deadline < timerDeadline, !isFinished else { return }
    timer?.cancel()
    timerDeadline = deadline
    timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.timerFired() }
  }

  private func rearm() {
    timer?.cancel()
    timerDeadline = .distantFuture
    if let next = pending.earliestDeadline() { arm(next) }
  }

  private func timerFired() {
    if machine.isHandshaking { return finish(ConnectError.timeout(configuration)) }
    guard let earliest = pending.earliestDeadline(), earliest <= eventLoop.now else { return rearm() }
    finish(
      RedisError(
        .timeout, "Redis did not answer in time; its connection was discarded, because replies are matched by order.",
        outcome: .unknown))
  }

  // MARK: Beginning and end

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    arm(eventLoop.deadline(in: configuration.connectTimeout))
    if context.channel.isActive { perform(machine.activated(configuration)) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    perform(machine.activated(configuration))
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(
      machine.isHandshaking
        ? ConnectError.closed(configuration)
        : RedisError(
          .connectionLost, "\(configuration.address) closed the connection.", outcome: .unknown))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(
      machine.isHandshaking
        ? ConnectError.translate(error, configuration)
        : RedisError(
          .connectionLost, "The connection to \(configuration.address) broke.", outcome: .unknown, cause: error))
  }

  /// Accepts no new commands, and closes when the last reply has come.
  func drain(because reason: RedisError) {
    guard !isFinished else { return }
    let action = machine.drain(because: reason, pendingIsEmpty: pending.isEmpty)
    if !machine.isClosed { delegate?.channelIsDraining(self) }
    perform(action)
  }

  /// Closes now. Whatever waits for a reply fails, and nobody knows whether it has run.
  func finish(_ error: RedisError) {
    guard !isFinished else { return }
    isFinished = true
    machine.closed()
    timer?.cancel()
    let orphans = pending.removeAll(now: eventLoop.now)
    // First the owner: what callers send again in answer to their errors must find it in order, and closing a channel that is
    // still connecting fails its connect at once, with an error that tells less than ours.
    delegate?.channelEnded(self, error: error)
    context?.close(promise: nil)
    for orphan in orphans { orphan.command.fail(Self.error(of: orphan.command, isLate: orphan.isLate, error)) }
  }

  /// What the caller of a command without reply hears: whatever the reason, the command may have run.
  private static func error(of command: RedisCommand, isLate: Bool, _ reason: RedisError) -> RedisError {
    switch reason.code {
    case .timeout where isLate, .connectionLost, .stopped:
      RedisError(reason.code, reason.message, outcome: .unknown, cause: reason.cause)
    case .timeout:
      RedisError(
        .connectionLost, "Another command got no answer in time, and the connection was discarded.",
        outcome: .unknown, cause: reason)
    default:
      RedisError(.connectionLost, "The connection was closed.", outcome: .unknown, cause: reason)
    }
  }
}
