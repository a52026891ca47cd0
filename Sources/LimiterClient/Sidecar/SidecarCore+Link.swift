internal import Hiredis
internal import Logging
internal import NIOCore
internal import RedisClient

extension SidecarCore: TaggedLinkDelegate {
  func linkIsReady() {
    tags = ConnectionTags()
    tags.session = say(["SESSION", CommandArgument(session), "GRACE", graceArgument(settings.grace)])
    // In the order in which they were asked for, which is their rank.
    for command in commands.values.sorted(by: { $0.tag < $1.tag }) { send(command) }
    lastHeard = eventLoop.now
    listen()
  }

  func linkWasLost(_ error: RedisError) {
    lastError = LimiterError.noConnection(error, settings.connection.address)
    if lostAt == nil { lostAt = eventLoop.now }
    tags = ConnectionTags()
    silenceTimer?.cancel()
    for command in Array(commands.values) where command.isSent {
      command.isSent = false
      command.wasSentBefore = true
      // limiterd forgets what waited; if it was granted, it is found after the reconnect.
      if command.isForgotten { commands[command.tag] = nil }
      if command.kind == .once {
        commands[command.tag] = nil
        command.complete(.failure(LimiterError.answerLost(lastError)))
      }
    }
    if isLeaving { link.stop() }
    leaveIfDone()
  }

  func linkReceived(_ reply: Reply) {
    lastHeard = eventLoop.now
    guard case .array(let parts) = reply, parts.count == 2, case .integer(let tag) = parts[0] else {
      return link.discard("Expected `[tag, reply]`, got \(reply.errorMessage ?? "another reply"): is this a limiterd?")
    }
    switch tag {
    case tags.session: welcomed(parts[1])
    case tags.barrier: reconcile()
    case tags.goodbye: link.stop()
    case _ where tags.adoptions[tag] != nil: adopted(tags.adoptions.removeValue(forKey: tag) ?? [], parts[1])
    default: if let command = commands[tag] { answered(command, parts[1]) }
    }
  }

  func linkHasEnded(_ error: RedisError?) {
    silenceTimer?.cancel()
    let reason = error.map { LimiterError.noConnection($0, settings.connection.address) }
    if case .ended = phase {} else { phase = .ended(reason ?? LimiterError.sidecarStopped) }
    guard case .ended(let end) = phase else { return }
    let all = commands.values
    commands = [:]
    for command in all { command.complete(.failure(end)) }
    if case let error as LimiterError = end, error.code != .stopped {
      self.end?.fail(error)
    } else {
      self.end?.succeed()
    }
  }

  /// A command of our own.
  func say(_ words: [CommandArgument]) -> Int64 {
    let tag = makeTag()
    link.send(["TAG", CommandArgument(tag)] + words)
    return tag
  }

  private func graceArgument(_ grace: Duration) -> CommandArgument {
    CommandArgument(WorkerWords.milliseconds(max(grace, .zero)))
  }

  private func welcomed(_ reply: Reply) {
    do {
      if let text = reply.errorMessage { throw LimiterError(.limiterdRefused, text) }
      let permits = try WorkerReply(reply, "an answer to SESSION").value("permits").array
      announced = Set(permits?.compactMap(\.string) ?? [])
      lastError = nil
      // Now: answers behind this one bring permits that it does not tell of.
      adopt(held.missing(from: announced).filter { !endings.contains($0) })
      if tags.adoptions.isEmpty { knowWhatIsHeld() }
      tags.barrier = say(["PING"])
    } catch {
      // Another time it would not do better: a grace or a name that limiterd does not take, or no limiterd at all.
      phase = .ended(error)
      link.stop()
    }
  }

  /// Another limiterd than the one that had granted them: it is told what is held.
  private func adopt(_ permits: [String]) {
    for first in stride(from: 0, to: permits.count, by: SidecarBounds.adopted) {
      let some = Array(permits[first..<min(first + SidecarBounds.adopted, permits.count)])
      tags.adoptions[say(["ADOPT"] + some.map { CommandArgument($0) })] = some
    }
  }

  private func knowWhatIsHeld() {
    tags.knowsWhatIsHeld = true
    for command in commands.values.sorted(by: { $0.tag < $1.tag }) where command.kind == .holding { send(command) }
  }

  private func adopted(_ permits: [String], _ reply: Reply) {
    var lost = 0
    for (index, id) in permits.enumerated() {
      let state = reply.array.flatMap { index < $0.count ? $0[index].array : nil }
      if state?.first?.string == "held" {
        if let valid = state?.last?.int { adopted(id, validFor: valid) }
      } else {
        // Also when this limiterd does not know the command, or could not ask: the next one is asked for what is held then.
        held.remove(id)
        lost += 1
      }
    }
    if tags.adoptions.isEmpty { knowWhatIsHeld() }
    guard lost > 0 else { return }
    logger.warning(
      "another limiterd: permits from before had ended, or cannot be held on to; they can still be settled",
      metadata: [LogKey.permits: "\(lost)", LogKey.error: "\(reply.errorMessage ?? "none")"])
  }

  /// A renewal is known to the limiterd that has died, and here.
  private func adopted(_ id: String, validFor milliseconds: Int64) {
    let now = eventLoop.now
    let rest = held.renewedUntil(id).map { ($0 - now).nanoseconds / 1_000_000 } ?? 0
    if rest > milliseconds {
      _ = say(["RENEW", CommandArgument(id), "HOLD", CommandArgument(rest)])
    } else {
      held.adopted(id, until: now + .milliseconds(milliseconds))
    }
  }

  private func reconcile() {
    lostAt = nil
    let orphans = announced.filter { !held.contains($0) }
    announced = []
    for id in orphans { giveBack(id) }
  }

  /// A connection over a network may die without a word.
  private func listen() {
    silenceTimer?.cancel()
    silenceTimer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(SidecarBounds.silence)) { [weak self] in
      guard let self, link.isReady else { return }
      if eventLoop.now - lastHeard >= TimeAmount(SidecarBounds.silence * 2) {
        return link.discard("limiterd was silent for \(SidecarBounds.silence * 2), and was asked meanwhile.")
      }
      _ = say(["PING"])
      listen()
    }
  }
}
