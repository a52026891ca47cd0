internal import Hiredis
internal import Logging
internal import NIOCore
internal import RedisClient

/// What a ``SidecarLimiter`` has on its event loop: one connection to limiterd, and the commands that have no answer.
///
/// All commands go out under a TAG, so answers come in any order and thousands of calls wait on one connection. After a
/// reconnect, in this order and in one write:
///
/// ```
/// SESSION name GRACE ms     the same session: its permits and its remembered answers are this connection's again
/// what has no answer        ACQUIRE with its old ID and the time that is left, settlements, queries; HELD and RENEW when what is held is known;
///                           not what counts each time it is executed and may have been: REPORT, a turn of COOLDOWN
/// ADOPT permits             those that a limiterd had granted that has died: they are this one's, unless they have ended
/// PING                      answered behind all remembered answers: a permit of the session that no caller has by then
///                           was granted to somebody who has gone or whose answer is lost; it is given back
/// ```
final class SidecarCore {
  enum Phase {
    case running
    /// Settlements are sent, nothing else.
    case stopping
    case ended(any Error)
  }

  let eventLoop: any EventLoop
  let settings: SidecarSettings
  let session: String
  let link: TaggedLink
  let logger: Logger

  var phase = Phase.running
  var commands: [Int64: SidecarCommand] = [:]
  var held = HeldPermits()
  /// Why there is no connection, or no decision.
  var lastError: LimiterError?
  /// Since then there has been no connection that is in order again.
  var lostAt: NIODeadline?
  /// Tags of our own commands on this connection.
  var tags = ConnectionTags()
  /// The session's permits as limiterd told them after a reconnect.
  var announced: Set<String> = []
  /// Settlements that callers have asked for, and that have no answer.
  var endings = PendingEndings()
  var end: EventLoopPromise<Void>?
  var lastHeard = NIODeadline.now()
  var silenceTimer: Scheduled<Void>?
  var isLeaving = false
  private var nextTag: Int64 = 0

  init(_ settings: SidecarSettings, session: String, eventLoop: any EventLoop, logger: Logger) {
    self.settings = settings
    self.session = session
    self.eventLoop = eventLoop
    self.logger = logger
    link = TaggedLink(configuration: settings.connection, eventLoop: eventLoop, logger: logger)
    link.delegate = self
  }

  func makeTag() -> Int64 {
    nextTag += 1
    return nextTag
  }

  /// Sends a command as soon as there is a connection.
  ///
  /// - Parameter failsAt: when its caller hears an error instead; `nil`: never.
  /// - Returns: its tag, unless it was refused; `completion` is called then, too.
  @discardableResult
  func submit(
    _ kind: SidecarCommand.Kind, failsAt: NIODeadline?,
    words: @escaping (_ tag: Int64, _ now: NIODeadline) -> [CommandArgument],
    completion: @escaping SidecarCommand.Completion
  ) -> Int64? {
    let command = SidecarCommand(kind, tag: makeTag(), words: words, completion: completion)
    if let refusal = refusal(of: kind) {
      command.complete(.failure(refusal))
      return nil
    }
    commands[command.tag] = command
    if let failsAt {
      command.timer = eventLoop.assumeIsolated().scheduleTask(deadline: failsAt) { self.expire(command) }
    }
    send(command)
    return command.tag
  }

  private func refusal(of kind: SidecarCommand.Kind) -> (any Error)? {
    switch phase {
    case .ended(let error): return error
    case .stopping where kind != .settlement: return LimiterError.sidecarStopped
    case .stopping, .running: break
    }
    // Settlements have a bound of their own, and what is given back was asked for within this one.
    guard kind != .settlement, commands.count >= settings.calls else { return nil }
    return LimiterError(
      .queueFull, "\(settings.calls) calls of this process wait already; make fewer at once, or wait for shorter")
  }

  func send(_ command: SidecarCommand) {
    guard link.isReady, !command.isSent, command.kind != .holding || tags.knowsWhatIsHeld else { return }
    command.isSent = true
    link.send(command.wireArguments(now: eventLoop.now))
  }

  private func expire(_ command: SidecarCommand) {
    let consequence = command.kind == .acquire ? ", so the call must not be made" : ""
    var error =
      link.isReady && lastError == nil
      ? LimiterError(
        .limiterdUnavailable, "limiterd at \(settings.connection.address) gave no answer in time" + consequence)
      : LimiterError(
        .limiterdUnavailable, "limiterd gave no answer in time" + consequence,
        cause: lastError ?? LimiterError(.limiterdUnavailable, "there was no connection yet; does `run()` run?"))
    error.mayHaveRun = command.kind == .once && command.isSent
    drop(command, failing: error)
  }

  /// Nobody waits for it any more.
  func drop(_ tag: Int64, failing error: any Error) {
    if let command = commands[tag] { drop(command, failing: error) }
  }

  func drop(_ command: SidecarCommand, failing error: any Error) {
    guard !command.isForgotten else { return }
    if command.kind == .acquire, command.isSent {
      // Stays until its answer: what is granted nonetheless is given back.
      link.send(["TAG", CommandArgument(makeTag()), "FORGET", CommandArgument(command.tag)])
    } else if command.kind != .settlement {
      commands[command.tag] = nil
    }
    command.complete(.failure(error))
    leaveIfDone()
  }
}

/// The commands that the client sends for itself, once per connection.
struct ConnectionTags {
  var session: Int64?
  /// Which permits it asks for.
  var adoptions: [Int64: [String]] = [:]
  /// This limiterd has told the session's permits, and has adopted the others, as far as they are not lost.
  var knowsWhatIsHeld = false
  var barrier: Int64?
  var goodbye: Int64?
}
