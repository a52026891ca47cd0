internal import Hiredis
internal import LimiterCore
internal import NIOCore
internal import RedisClient

/// What becomes of answers.
extension SidecarCore {
  func answered(_ command: SidecarCommand, _ reply: Reply) {
    if case .error(let text) = reply { return answered(command, error: text) }
    if command.kind == .acquire, reply.array?.prefix(2).compactMap(\.string) == ["denied", "draining"] {
      return park(command, .draining)
    }
    commands[command.tag] = nil
    if command.kind == .acquire, command.isForgotten {
      if let elements = reply.array, elements.count > 1, elements[0].string == "granted", let id = elements[1].string {
        giveBack(id)
      }
    }
    command.complete(.success(reply))
    leaveIfDone()
  }

  private func answered(_ command: SidecarCommand, error text: String) {
    let error = LimiterError.replied(text, to: command.kind)
    switch (error.code, command.kind) {
    case (.limiterdUnavailable, _) where text.hasPrefix("TAKENOVER"):
      // It was not executed.
      if command.kind == .once { command.isSent = false }
      return link.discard("limiterd gave this session to another connection.")
    case (.limiterdUnavailable, _): return park(command, error)
    case (.settlementPending, .settlement), (.redisUnavailable, .settlement), (.queueFull, .settlement):
      return settleAgain(command)
    default: break
    }
    commands[command.tag] = nil
    command.complete(.failure(error))
    leaveIfDone()
  }

  /// This limiterd ends: the command is sent again on the next connection, if its time allows.
  private func park(_ command: SidecarCommand, _ error: LimiterError) {
    lastError = error
    guard !command.isForgotten || command.kind == .settlement else {
      commands[command.tag] = nil
      return leaveIfDone()
    }
    command.isSent = false
    command.wasSentBefore = true
  }

  private func settleAgain(_ command: SidecarCommand) {
    command.isSent = false
    command.wasSentBefore = true
    eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(SidecarBounds.settleAgain)) {
      if self.commands[command.tag] != nil { self.send(command) }
    }
  }

  /// A permit that nobody here has. Where Redis refuses it, nobody hears: it is sent again, for a right may come back.
  func giveBack(_ id: String) {
    submit(.settlement, failsAt: nil, words: { _, _ in ["CANCEL", CommandArgument(id)] }) { _, result in
      guard case .failure(let error) = result, (error as? LimiterError)?.code == .redisRefused else { return }
      self.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(SidecarBounds.refusedPause)) {
        if case .running = self.phase { self.giveBack(id) }
      }
    }
  }

  // MARK: Calls

  func acquire(
    _ request: AdmissionRequest, longest: Duration, patience: Duration?, promise: EventLoopPromise<Decision>
  ) -> Int64? {
    ask(request, longest: longest, patience: patience, keepsPermit: true) { command, result in
      promise.completeWith(Result { try self.decision(try result.get(), of: command) })
    }
  }

  func admit(_ request: AdmissionRequest, longest: Duration, promise: EventLoopPromise<Admission>) -> Int64? {
    ask(request, longest: longest, patience: nil, keepsPermit: false) { _, result in
      promise.completeWith(Result { try WorkerReply(try result.get(), "an answer to ACQUIRE").admission() })
    }
  }

  private func ask(
    _ request: AdmissionRequest, longest: Duration, patience: Duration?, keepsPermit: Bool,
    completion: @escaping SidecarCommand.Completion
  ) -> Int64? {
    let waits = eventLoop.now + TimeAmount(min(longest, LimiterBounds.longestWindow))
    let patience = patience.map { max(.zero, min($0, settings.patience)) } ?? settings.patience
    return submit(
      .acquire, failsAt: waits + TimeAmount(patience),
      words: { WorkerWords.acquire(request, wait: waits - $1, id: $0, keepsPermit: keepsPermit) },
      completion: completion)
  }

  private func decision(_ reply: Reply, of command: SidecarCommand) throws -> Decision {
    let now = eventLoop.now
    // An answer that is told again may be as old as the connection on which it was lost.
    let told = command.wasSentBefore ? lostAt ?? now : now
    let clock = ContinuousClock.now - .nanoseconds((now - told).nanoseconds)
    switch try WorkerReply(reply, "an answer to ACQUIRE").answer(at: clock) {
    case .granted(let permit, let valid):
      held.add(permit.id, until: told + .milliseconds(valid), now: now)
      return .granted(permit)
    case .denied(let denial): return .denied(denial)
    case .draining: throw LimiterError.draining
    }
  }

  /// Whoever asks again for what is sent already, because the first time was too short, waits for that answer.
  ///
  /// - Parameter promise: fails after the settings' patience; the settlement is sent all the same.
  func settle(_ id: String, _ words: [CommandArgument], promise: EventLoopPromise<SettleOutcome>) {
    let content = words.map(\.bytes)
    if let same = endings.withoutCaller(id, content: content) { return wait(for: same, promise) }
    guard endings.count < settings.settlements else {
      return promise.fail(LimiterError.tooManySettlements(settings.settlements))
    }
    let ending = PendingEnding(of: id, content)
    endings.add(ending)
    wait(for: ending, promise)
    submit(.settlement, failsAt: nil, words: { _, _ in words }) { command, result in
      self.endings.remove(ending)
      ending.answered(Result { try self.outcome(try result.get(), of: command, id) })
    }
  }

  private func wait(for ending: PendingEnding, _ promise: EventLoopPromise<SettleOutcome>) {
    let timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(settings.patience)) {
      promise.fail(
        LimiterError(
          .settlementPending, "limiterd has not confirmed the settlement yet; it is sent until it does",
          cause: self.lastError))
    }
    ending.promise = promise
    // Answered, too late or cancelled.
    promise.futureResult.assumeIsolated().whenComplete { _ in
      timer.cancel()
      ending.promise = nil
    }
  }

  private func outcome(_ reply: Reply, of command: SidecarCommand, _ id: String) throws -> SettleOutcome {
    held.remove(id)
    // A permit that its caller has abandoned must not be given back as one that nobody has.
    announced.remove(id)
    switch reply.string {
    case "settled": return .settled
    case "settled_late": return .settledLate
    // The first one was done, and its answer is lost.
    case "gone": return command.wasSentBefore ? .settled : .gone
    default: throw WorkerReply.unreadable("an answer to SETTLE")
    }
  }
}
