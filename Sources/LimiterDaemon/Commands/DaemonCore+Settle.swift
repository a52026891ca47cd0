import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// SETTLE, CANCEL, ABANDON, RENEW and HELD.
extension DaemonCore {
  func settle(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let arguments = try SettleArguments(command)
    try withPermit(arguments.permit, target) { permit throws(CommandError) in
      guard let usage = arguments.usage else { return .abandoned }
      if let problem = permit.problem(with: usage) { throw CommandError(.malformed, "SETTLE: \(problem)") }
      return .settled(permit.charges(for: usage))
    }
  }

  func cancel(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try withPermit(try onlyPermit(command), target) { .settled($0.reservations.map { _ in 0 }) }
  }

  func abandon(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try withPermit(try onlyPermit(command), target) { _ in .abandoned }
  }

  func renew(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    let id = try reader.text("a permit's id", bytes: SettleArguments.permitBytes)
    var hold: Int64?
    while let keyword = try reader.keyword() {
      guard keyword == "HOLD" else { throw reader.unexpected(keyword) }
      hold = try reader.number(keyword, 1...AcquireArguments.longestMilliseconds) * 1_000
    }
    guard let granted = permits[id], isHeld(granted) else {
      return target.answer { $0.writeRESP(false) }
    }
    granted.hold = hold ?? granted.hold
    granted.until = engine.now + granted.hold
    engine.hold(granted.item(ending: .abandoned), freed: granted.permit.slots, until: granted.until)
    target.answer { $0.writeRESP(true) }
  }

  func held(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let id = try onlyPermit(command)
    let isHeld = permits[id].map(isHeld) ?? false
    target.answer { $0.writeRESP(isHeld) }
  }

  /// Whether it is surely still its holder's: one truth for all that tell it.
  func isHeld(_ granted: GrantedPermit) -> Bool { engine.isHeld(granted.permit.id, session: granted.place.session) }

  private func onlyPermit(_ command: WorkerCommand) throws(CommandError) -> String {
    var reader = ArgumentReader(command)
    let id = try reader.text("a permit's id", bytes: SettleArguments.permitBytes)
    try reader.end()
    return id
  }

  private func withPermit(
    _ id: String, _ target: ReplyTarget,
    _ ending: @escaping (Permit) throws(CommandError) -> SettleBatch.Ending
  ) throws(CommandError) {
    if let granted = permits[id] {
      return end(FoundPermit(permit: granted.permit, place: granted.place), try ending(granted.permit), target)
    }
    try find(id) { [self] found in
      switch found {
      case .success(let found?):
        do throws(CommandError) { end(found, try ending(found.permit), target) } catch { target.answer(error) }
      case .success(nil):
        metrics.ended("gone")
        target.answer { $0.writeRESP(status: "gone") }
      case .failure(let error): target.answer(CommandError.translate(error, asked: .lookup))
      }
    }
  }

  private func end(_ found: FoundPermit, _ ending: SettleBatch.Ending, _ target: ReplyTarget) {
    end(found, ending, wait(for: target))
  }

  private func end(_ found: FoundPermit, _ ending: SettleBatch.Ending, _ settlement: PendingSettlement) {
    let permit = found.permit
    engine.settle(
      permit.item(at: found.place, ending: ending), windowLengths: permit.windowLengths(for: ending),
      freed: permit.freed(by: ending)
    ) {
      [self] result in
      // Another limiterd may hold it meanwhile.
      if case .success(.gone) = result, let granted = PermitPlace(id: permit.id) {
        return findAdopted(permit.id, granted) { [self] place in
          if case .success(let place?) = place, place != found.place {
            end(FoundPermit(permit: permit, place: place), ending, settlement)
          } else {
            ended(settlement, result)
          }
        }
      }
      ended(settlement, result)
    }
  }

  private func ended(_ settlement: PendingSettlement, _ result: Result<SettleOutcome, any Error>) {
    if case .success(let outcome) = result, outcome != .gone { counters.settled += 1 }
    metrics.ended(MetricTable.outcome(of: result))
    guard let target = settlement.take() else { return }
    switch result {
    case .success(.settled): target.answer { $0.writeRESP(status: "settled") }
    case .success(.settledLate): target.answer { $0.writeRESP(status: "settled_late") }
    case .success(.gone): target.answer { $0.writeRESP(status: "gone") }
    case .success(.refused):
      target.answer(
        CommandError(.refused, "the permit has another number of reservations in Redis; nothing was done"))
    case .failure(let error): target.answer(CommandError.translate(error, asked: .change))
    }
  }

  private func wait(for target: ReplyTarget) -> PendingSettlement {
    let settlement = PendingSettlement(target, until: .now() + TimeAmount(settings.patience))
    while settlements.first?.isAnswered == true { settlements.removeFirst() }
    settlements.append(settlement)
    if !isWatchingSettlements { watchSettlements(until: settlement.until) }
    return settlement
  }

  /// All are waited for equally long, so one timer is enough: that of the oldest.
  private func watchSettlements(until time: NIODeadline) {
    isWatchingSettlements = true
    eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in
      isWatchingSettlements = false
      while let oldest = settlements.first, oldest.isAnswered || oldest.until <= .now() {
        settlements.removeFirst()
        oldest.take()?.answer(
          CommandError(.pending, "Redis has not confirmed the settlement yet; it is sent until it does"))
      }
      if let next = settlements.first { watchSettlements(until: next.until) }
    }
  }

  /// A permit was not settled in its time: it ends as abandoned.
  func holdExpired(_ id: String) {
    guard permits[id] != nil else { return }
    counters.abandoned += 1
    metrics.ended("abandoned")
    holdEnded(id)
  }

  /// The engine holds a permit no longer: it was settled, or its session is over.
  func holdEnded(_ id: String) {
    guard let granted = permits.removeValue(forKey: id) else { return }
    granted.session.permits.remove(id)
  }
}
