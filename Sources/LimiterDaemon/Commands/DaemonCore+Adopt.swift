import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// ADOPT: a worker comes from a limiterd that died, and still holds what that one had granted.
extension DaemonCore {
  func adopt(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let session = target.connection.session
    var reader = ArgumentReader(command)
    var ids: [String] = []
    var places: [PermitPlace] = []
    repeat {
      let id = try reader.text("a permit's id", bytes: SettleArguments.permitBytes)
      if let holder = permits[id]?.session, holder !== session {
        throw reader.malformed("a permit is held by another session of this limiterd: take that over by its name")
      }
      guard ids.count < AdoptCodec.permits else {
        throw reader.malformed("expected at most \(AdoptCodec.permits) permits, more came")
      }
      ids.append(id)
      places.append(try place(of: id))
    } while !reader.isAtEnd
    guard phase == .running else { throw CommandError(.draining, "this limiterd is about to end; ask another one") }
    adopt(ids, places, for: session, target, until: .now() + TimeAmount(settings.patience))
  }

  /// A limiterd that has just begun has no session in Redis yet: so it is asked again as long as somebody waits.
  private func adopt(
    _ ids: [String], _ places: [PermitPlace], for session: WorkerSession, _ target: ReplyTarget,
    until deadline: NIODeadline
  ) {
    engine.adopt(places) { [self] result in
      let session = session.present
      switch result {
      case .failure(let error):
        let error = CommandError.translate(error, asked: .change)
        guard error.code == .unavailable, phase == .running, .now() < deadline, sessions[session.id] === session else {
          return target.answer(error)
        }
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(DaemonBounds.adoptAgain)) {
          self.adopt(ids, places, for: session, target, until: deadline)
        }
      case .success(let adoptions):
        let states = zip(ids, zip(places, adoptions)).map { id, adopted in
          take(id, adopted.0, adopted.1, for: session)
        }
        target.answer { reply in
          reply.writeRESP(array: states.count)
          for state in states { state.write(to: &reply) }
        }
      }
    }
  }

  /// What became of one permit; held by this daemon, it is the session's from here on.
  private func take(
    _ id: String, _ granted: PermitPlace, _ adopted: (adoption: Adoption, record: [UInt8]), for session: WorkerSession
  ) -> AdoptedState {
    let place: PermitPlace
    switch adopted.adoption {
    case .lost, .gone: return AdoptedState(adopted.adoption)
    case .own: place = granted
    case .held:
      guard let holder = engine.sessionID else { return AdoptedState(.lost) }
      place = granted.adopted(by: holder)
    }
    // This daemon may have held it before another one did.
    if let held = permits[id], held.place == place {
      // Another session of this daemon has asked for it at the same time.
      guard held.session === session else { return AdoptedState(.lost) }
      return AdoptedState(.held, validFor: held.until - engine.now)
    }
    guard let record = PermitRecord(adopted.record), let permit = try? permit(id, record: adopted.record) else {
      return AdoptedState(.lost)
    }
    let hold = record.holdUntil.microseconds - record.grantedAt.microseconds
    let rest = record.holdUntil.microseconds - engine.serverNow.microseconds
    // Where a record still stands whose time is over, its holder has renewed it: Redis is not told of that.
    let left = rest > 0 ? rest : hold
    let taken = GrantedPermit(permit: permit, place: place, hold: hold, until: engine.now + left, session: session)
    // Its worker may have gone meanwhile.
    guard sessions[session.id] === session else {
      engine.end(taken.item(ending: .abandoned), freed: permit.slots)
      return AdoptedState(.lost)
    }
    counters.adopted += 1
    keep(taken, needs: permit.needs)
    return AdoptedState(.held, validFor: left)
  }
}

/// `[held, ms]`, `[lost, nil]` or `[gone, nil]`.
private struct AdoptedState {
  let adoption: Adoption
  /// In microseconds.
  let validFor: Int64

  init(_ adoption: Adoption, validFor: Int64 = 0) {
    self.adoption = adoption
    self.validFor = validFor
  }

  func write(to reply: inout ReplyBuffer) {
    reply.writeRESP(array: 2)
    switch adoption {
    case .held, .own:
      reply.writeRESP(bulk: "held")
      reply.writeRESP(max(validFor, 0) / 1_000)
    case .lost:
      reply.writeRESP(bulk: "lost")
      reply.writeRESPNull()
    case .gone:
      reply.writeRESP(bulk: "gone")
      reply.writeRESPNull()
    }
  }
}
