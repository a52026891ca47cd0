import LimiterCore

/// One thing that is done to a domain, by anybody, at an instant of the server's clock.
enum ModelOperation: Sendable {
  /// Where it has known another state, with how many processes that was.
  case open(session: String, timeToLive: Int64, hosts: Int64 = 0)
  case renew(session: String, timeToLive: Int64)
  case close(session: String)
  case acquire(AcquireBatch)
  case settle(SettleBatch)
  case inspect([EffectiveLimit])
  case adjust(EffectiveLimit, amount: Int64, operation: String)
  case adopt([PermitPlace], by: String)
  case cooldown(model: String, CooldownCall)
  case cooldowns
  case report([String: Int64], FleetAlarm)
  case observe([WindowObservation])
  case announce(AnnounceBatch)
}

/// What an operation answered, in a form that both stores share.
enum ModelAnswer: Sendable, Hashable {
  case session(alive: Bool)
  /// How many sessions are alive.
  case opened(hosts: Int64)
  case acquired(AcquireAnswer)
  /// `nil`: the batch means another state.
  case settled([SettleOutcome]?)
  case usage([LimitUsage])
  case adjusted(Adjustment?)
  case adopted([Adoption]?)
  case cooldown(CooldownState)
  case cooldowns([ModelCooldown])
  case report(FleetReport)
  case observed([Int64])
  case announced(Bool)
}

/// A step of a sequence: what is done, when, and what the reference store answered.
struct ModelStep: Sendable {
  var time: ServerTime
  var operation: ModelOperation
  var expected: ModelAnswer
  /// What is said to those that wait.
  var hints: [WaiterHint] = []

  /// The session that it opens.
  var opens: String? { if case .open(let session, _, _) = operation { session } else { nil } }
}

extension ReferenceStore {
  /// Carries out an operation, as a step of which all is known that the scripts are to say.
  mutating func step(_ operation: ModelOperation, at time: ServerTime) -> ModelStep {
    let answer = apply(operation, at: time)
    return ModelStep(time: time, operation: operation, expected: answer, hints: takeHints())
  }

  mutating func apply(_ operation: ModelOperation, at time: ServerTime) -> ModelAnswer {
    switch operation {
    case .open(let session, let timeToLive, let hosts):
      open(session: session, timeToLive: timeToLive, epoch: "epoch", hosts: hosts, at: time)
      return hosts > 0 ? .opened(hosts: facts(at: time).hosts) : .session(alive: true)
    case .renew(let session, let timeToLive):
      return .session(alive: renew(session: session, timeToLive: timeToLive, at: time))
    case .close(let session):
      return .session(alive: close(session: session, at: time))
    case .acquire(let batch):
      return .acquired(acquire(batch, at: time))
    case .settle(let batch):
      return .settled(isMeant(by: batch) ? settle(batch, at: time) : nil)
    case .inspect(let limits):
      return .usage(inspect(limits, at: time))
    case .adjust(let limit, let amount, let operation):
      return .adjusted(adjust(limit, by: amount, operation: operation, at: time))
    case .adopt(let permits, let holder):
      return .adopted(adopt(permits, by: holder, at: time))
    case .cooldown(let model, let asked): return .cooldown(cooldown(of: model, asked, at: time))
    case .cooldowns: return .cooldowns(cooldowns(at: time))
    case .observe(let observations): return .observed(observe(observations, at: time))
    case .announce(let batch): return .announced(announce(batch, at: time))
    case .report(let counts, let alarm): return .report(report(counts, alarm: alarm, at: time))
    }
  }
}
