import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// ACQUIRE: from the words to the lane, and from its outcome to the reply.
extension DaemonCore {
  func acquire(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let arguments = try AcquireArguments(command)
    if arguments.hold == .none, let group = alikeGroups[command.arguments] {
      if case .ordered = target.place { target.connection.joined(group) }
      return join(group, target)
    }
    let session = target.connection.session
    if let operation = arguments.operation {
      if let reply = session.answers[operation] { return target.answer(encoded: reply) }
      if let same = pendingOperations[PendingOperation(session: session.id, operation: operation)] {
        guard same.targets.count < DaemonBounds.pipelined else {
          throw CommandError(.busy, "ACQUIRE: this operation was asked for too often while it waits")
        }
        same.targets.append(target)
        return
      }
    }
    guard phase == .running else {
      counters.denied += 1
      observeDraining(arguments.request.model)
      return target.answer { DenialReply.writeDraining(to: &$0) }
    }
    let hold = try check(arguments)
    if hold == nil, let group = makeAlike(command.arguments, arguments) { return join(group, target) }
    submit(
      PendingAcquire(
        number: makePendingNumber(), session: session, arguments: arguments, hold: hold, target: target))
  }

  /// FORGET: a call of this session that waits goes away, and is answered FORGOTTEN. 1, or 0 when it was answered already.
  func forget(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    let operation = try reader.text("an operation's name")
    try reader.end()
    let key = PendingOperation(session: target.connection.session.id, operation: operation)
    guard let waiter = pendingOperations[key]?.waiter else { return target.answer { $0.writeRESP(false) } }
    counters.withdrawn += 1
    engine.withdraw(waiter, failing: CommandError(.forgotten, "the call was withdrawn by FORGET"))
    target.answer { $0.writeRESP(true) }
  }

  /// Whether the policy can decide the request; how long its permit is held, in microseconds, `nil` for none.
  func check(_ arguments: AcquireArguments) throws(CommandError) -> Int64? {
    let policy = active.value
    if let problem = policy.resolver.problem(with: arguments.request) {
      throw CommandError(.malformed, problem.description)
    }
    switch arguments.hold {
    case .policy: return policy.policy.hold.microsecondsRoundedUp
    case .milliseconds(let time): return time * 1_000
    case .none:
      if let limit = policy.resolver.limitThatNeedsPermit(arguments.request, at: engine.serverNow) {
        throw CommandError(
          .malformed,
          "a hold of 0 (HOLD, or `hold_ms`) keeps no permit, so it works only where all limits of the call are windows; \(limit) is none: leave it out, or use acquire of the library"
        )
      }
      return nil
    }
  }

  func submit(_ call: PendingAcquire) {
    pending[call.number] = call
    if let session = call.session {
      session.waiting[call.number] = call
      if let operation = call.arguments.operation {
        pendingOperations[PendingOperation(session: session.id, operation: operation)] = call
      }
    }
    let now = engine.now
    let waits = call.arguments.wait > 0 ? now + call.arguments.wait * 1_000 : nil
    let (active, request, count) = (active, call.arguments.request, Int64(call.count))
    call.waiter = engine.acquire(
      lane: LimitID.encode(request.model), priority: request.priority, hold: call.hold ?? 0, waitsUntil: waits,
      failsAt: (waits ?? now) + settings.patience.microsecondsRoundedUp, isRecorded: call.hold != nil,
      share: active.value.resolver.share(of: request),
      resolve: { time in
        var needs = active.value.resolver.resolve(request, at: time)
        if count > 1 { for index in needs.indices { needs[index].amount *= count } }
        return needs
      }, completed: { self.complete(call, $0) })
  }

  func complete(_ call: PendingAcquire, _ result: Result<WaiterOutcome, any Error>) {
    pending[call.number] = nil
    if let session = call.session {
      session.waiting[call.number] = nil
      if let operation = call.arguments.operation {
        pendingOperations[PendingOperation(session: session.id, operation: operation)] = nil
      }
    }
    switch result {
    case .success(.granted(let grant)):
      counters.granted += Int64(call.count)
      if grant.isDegraded { counters.degradedGranted += Int64(call.count) }
      observe(call.arguments.request.model, .granted, count: Int64(call.count))
      metrics.waited(since: call.since, count: Int64(call.count))
      var permit: Permit?
      if let hold = call.hold, let session = call.session {
        permit = keep(grant, for: session, call.arguments, hold: hold)
      }
      let answer = GrantReply(
        grant, permit, policy: active.value, model: call.arguments.request.model,
        validFor: call.hold.map { grant.sentAt + $0 - engine.now } ?? 0, count: Int64(call.count),
        wantsDetails: call.arguments.wantsDetails)
      reply(to: call) { answer.write(to: &$0) }
      if let group = call.group { ask(group.calls.granted(), of: group) }
    case .success(.denied(let denial)):
      var chunks: [[ReplyTarget]] = []
      if let group = call.group { (call.targets, chunks) = group.calls.denied(call.targets) }
      deny(call, denial)
      if let group = call.group { ask(chunks, of: group) }
    case .success(.failed(let error)), .failure(let error):
      if let group = call.group { call.targets = group.calls.failed(call.targets) }
      fail(call, error)
    }
  }

  /// An operation that is asked for twice is one decision, calls that are alike are many.
  private func decided(_ call: PendingAcquire) -> Int64 {
    call.group == nil ? 1 : Int64(call.targets.count)
  }

  private func deny(_ call: PendingAcquire, _ denial: WaiterDenial) {
    guard !call.targets.isEmpty else { return }
    counters.denied += decided(call)
    if denial.isDegraded { counters.degradedDenied += decided(call) }
    observe(call.arguments.request.model, .denied, count: decided(call))
    metrics.waited(since: call.since, count: decided(call))
    let told = Denial(denial)
    metrics.denied(told.reason.rawValue, count: decided(call))
    let position = engine.waiting(
      on: denial.limit.id, aheadOf: call.arguments.request.priority, lookingAt: DaemonBounds.queueWalk
    ).count
    reply(to: call) {
      DenialReply(told, position: position, wantsDetails: call.arguments.wantsDetails).write(to: &$0)
    }
  }

  /// The permit is the session's from here on.
  private func keep(
    _ grant: WaiterGrant, for session: WorkerSession, _ arguments: AcquireArguments, hold: Int64
  ) -> Permit {
    let until = grant.sentAt + hold
    let permit = Permit(
      grant, model: arguments.request.model, price: active.value.policy.models[arguments.request.model]?.price,
      validUntil: .now + .microseconds(until - engine.now))
    keep(
      GrantedPermit(permit: permit, place: grant.place, hold: hold, until: until, session: session),
      needs: grant.needs, isLocal: grant.isDegraded)
    return permit
  }

  /// - Parameters:
  ///   - needs: what it has reserved.
  ///   - isLocal: the local share has granted it.
  func keep(_ granted: GrantedPermit, needs: [LimitNeed], isLocal: Bool = false) {
    permits[granted.permit.id] = granted
    granted.session.permits.insert(granted.permit.id)
    engine.hold(
      granted.item(ending: .abandoned), freed: granted.permit.slots, needs: needs, isLocal: isLocal,
      until: granted.until)
  }

  private func reply(to call: PendingAcquire, _ write: (inout ReplyBuffer) -> Void) {
    if call.targets.count == 1, call.arguments.operation == nil { return call.targets[0].answer(write) }
    var encoded = ReplyBuffer()
    write(&encoded)
    if let operation = call.arguments.operation { call.session?.answers.remember(operation, encoded) }
    for target in call.targets { target.answer(encoded: encoded) }
  }

  private func fail(_ call: PendingAcquire, _ error: any Error) {
    if error is Draining {
      counters.denied += decided(call)
      observeDraining(call.arguments.request.model, count: decided(call))
      for target in call.targets { target.answer { DenialReply.writeDraining(to: &$0) } }
    } else if (error as? CommandError)?.code == .forgotten, let error = error as? CommandError {
      observe(call.arguments.request.model, .withdrawn, count: 1)
      for target in call.targets { target.answer(error) }
    } else if error is CancellationError || (error as? CommandError)?.code == .takenOver {
      counters.withdrawn += Int64(call.count)
      observe(call.arguments.request.model, .withdrawn, count: Int64(call.count))
      // Whose session was taken over may still be there.
      if let error = error as? CommandError { for target in call.targets { target.answer(error) } }
    } else {
      counters.failed += decided(call)
      observe(call.arguments.request.model, .failed, count: decided(call))
      let error = CommandError.translate(error, asked: .call)
      for target in call.targets { target.answer(error) }
    }
  }
}

/// This daemon is about to end.
struct Draining: Error {}
