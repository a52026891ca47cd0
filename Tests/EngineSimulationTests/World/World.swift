import LimiterCore
import LimiterRedis
import TestSupport

/// Several processes, their callers, and one Redis, for an hour of virtual time; all of it follows from the seed.
final class World {
  struct Counts: Sendable {
    var (calls, granted, denied, failed) = (0, 0, 0, 0)
    /// How often somebody had waited alone, and had room.
    var prompt = 0
  }

  static let hour = 3_600 * Rules.second

  let timeline = Timeline()
  let redis: SimulatedRedis
  let rules: Rules
  let weather: Weather
  let sabotage: Sabotage
  let seed: UInt64
  var counts = Counts()
  var waiters: [ObjectIdentifier: Caller] = [:]
  /// Callers that believe that they hold a permit, and its slots.
  var holders: [String: Holding] = [:]
  /// Settlements that callers have not heard of yet.
  var unsettled: [String: Host] = [:]
  private(set) var hosts: [Host] = []
  private var lastHost = 0
  private let chance: Chance
  /// When sessions last may have come to an early end.
  private(set) var sessionsCutAt = Int64.min / 2
  private(set) var lastDeath = Int64.min / 2
  /// Who waits alone, and has room.
  var loneWait: LoneWait?
  /// When it is looked again whether a window has room.
  var nextLoneLook = Int64.min
  /// Permits that have ended while their callers held them.
  private var seenEnded: Set<String> = []
  /// When all state was lost.
  private var losses: [Int64] = []
  private var isOver = false

  init(seed: UInt64, mistake: Sabotage.Mistake = .none) {
    self.seed = seed
    chance = Chance(seed, 1)
    rules = Rules(chance, local: Chance(seed, 8))
    weather = Weather(chance, failovers: Chance(seed, 4), losses: Chance(seed, 6))
    sabotage = Sabotage(mistake, Chance(seed, 2))
    redis = SimulatedRedis(timeline)
    redis.changed = { [unowned self] in lookAtLoneWaiter() }
  }

  var problems: [String] { redis.account.problems }
  func problem(_ text: String) { redis.account.problem(text) }

  func run() {
    for _ in 0..<chance.number(1...4) { hosts.append(makeHost()) }
    scheduleArrivals()
    for index in hosts.indices { scheduleFaults(index) }
    if weather.secondsBetweenClockSteps > 0 { scheduleClockStep() }
    if weather.secondsBetweenFailovers > 0 { scheduleFailover(Chance(seed, 5)) }
    if weather.secondsBetweenLosses > 0 { scheduleLoss(Chance(seed, 7)) }
    look()
    timeline.run(until: Self.hour)
    isOver = true
    let killsAll = chance.happens(300)
    if killsAll { killAll() }
    // Somebody must be there who ends the sessions of the dead.
    if !hosts.contains(where: \.isOpen) { hosts.append(makeHost()) }
    for host in hosts { host.link.weather = .calm }
    timeline.run(until: timeline.now + Rules.longestWait + Rules.longestHold + 220 * Rules.second)
    judge()
    for host in hosts { host.die() }
    timeline.finish()
    letGo()
  }

  /// Those of a world know each other: nothing of it would ever be freed.
  private func letGo() {
    redis.listenNoMore()
    (hosts, waiters, holders, unsettled, loneWait) = ([], [:], [:], [:], nil)
  }

  private func makeHost() -> Host {
    lastHost += 1
    let host = Host("h\(lastHost)", self, clock: chance.number(0...1_000_000_000), Chance(seed, 100 + UInt64(lastHost)))
    if isOver { host.link.weather = .calm }
    host.start()
    return host
  }
}

/// What happens in it.
extension World {
  /// Calls come in bursts.
  private func scheduleArrivals() {
    var at = chance.number(0...5) * Rules.second
    while at < Self.hour {
      let length = chance.number(1...8_000) * 1_000
      for _ in 0..<chance.number(1...25) {
        timeline.schedule(in: at + chance.number(0...length)) { [self] in arrive() }
      }
      if weather.secondsBetweenCuts > 0, chance.happens(100) { scheduleFade(in: at + chance.number(0...length)) }
      at += chance.number(10...150) * Rules.second
    }
  }

  /// A connection is lost in the middle of a burst.
  private func scheduleFade(in time: Int64) {
    let (mute, down) = (chance.number(1...4_000) * 1_000, chance.number(500...2_000) * rules.timeToLive / 1_000)
    timeline.schedule(in: time) { [self] in
      guard let host = hosts.filter(\.isOpen).first else { return }
      timeline.schedule(in: 0, for: host.process) { host.link.fade(for: mute, andThenCutFor: down) }
    }
  }

  private func arrive() {
    let open = hosts.filter(\.isOpen)
    guard !open.isEmpty else { return }
    counts.calls += 1
    let caller = Caller(chance.pick(open), Ask(chance), self, Chance(seed, 10_000 + UInt64(counts.calls)))
    timeline.schedule(in: 0, for: caller.host.process) { caller.begin() }
  }

  private func scheduleFaults(_ index: Int) {
    func sometimes(_ seconds: Int64, _ fault: @escaping (Host) -> Void) {
      guard seconds > 0 else { return }
      timeline.schedule(in: chance.number(1...2 * seconds) * Rules.second) { [self] in
        guard !isOver else { return }
        fault(hosts[index])
        sometimes(seconds, fault)
      }
    }
    sometimes(weather.secondsBetweenCuts) { [self] host in
      let time = chance.happens(700) ? chance.number(1...3_000) * 1_000 : chance.number(3...40) * Rules.second
      timeline.schedule(in: 0, for: host.process) { host.link.cut(for: time) }
    }
    sometimes(weather.secondsBetweenPauses) { [self] host in
      let time = chance.happens(700) ? chance.number(10...5_000) * 1_000 : chance.number(5...90) * Rules.second
      timeline.note(.fault, 6, time, "\(host.name) is paused")
      host.process.pause(until: timeline.now + time)
    }
    sometimes(weather.secondsBetweenDeaths) { [self] host in
      guard host.isOpen else { return }
      lastDeath = timeline.now
      let stops = chance.happens(300)
      if stops { timeline.schedule(in: 0, for: host.process) { host.stop() } } else { die(host) }
      timeline.schedule(in: chance.number(2...60) * Rules.second) { [self] in
        guard !isOver else { return }
        lastDeath = timeline.now
        host.die()
        hosts[index] = makeHost()
      }
    }
  }

  /// A limiterd dies: some of its workers go on, with another one.
  private func die(_ host: Host) {
    host.die()
    for (_, held) in holders.sorted(by: { $0.key < $1.key }) where held.caller.host === host && chance.happens(500) {
      timeline.schedule(in: chance.number(10...5_000) * 1_000) { [self] in
        let open = hosts.filter(\.isOpen)
        if !isOver, !open.isEmpty { held.caller.move(to: chance.pick(open), held) }
      }
    }
  }

  private func scheduleClockStep() {
    timeline.schedule(in: chance.number(1...2 * weather.secondsBetweenClockSteps) * Rules.second) { [self] in
      guard !isOver else { return }
      sessionsCutAt = timeline.now
      redis.step(chance.happens(700) ? chance.number(1...5_000) * 1_000 : chance.number(5...90) * Rules.second)
      scheduleClockStep()
    }
  }

  /// The Redis dies, and a replica that has not received everything takes over.
  private func scheduleFailover(_ chance: Chance) {
    timeline.schedule(in: chance.number(1...2 * weather.secondsBetweenFailovers) * Rules.second) { [self] in
      guard !isOver else { return }
      redis.leaveReplicaBehind()
      timeline.schedule(in: chance.number(1...3_000) * 1_000) { [self] in
        sessionsCutAt = timeline.now
        redis.failOver()
        let time = chance.number(1...5_000) * 1_000
        for host in hosts where !host.process.isDead {
          timeline.schedule(in: 0, for: host.process) { host.link.cut(for: time) }
        }
        scheduleFailover(chance)
      }
    }
  }

  /// The Redis comes back with nothing, or is emptied while all go on.
  private func scheduleLoss(_ chance: Chance) {
    timeline.schedule(in: chance.number(1...2 * weather.secondsBetweenLosses) * Rules.second) { [self] in
      guard !isOver else { return }
      sessionsCutAt = timeline.now
      losses.append(timeline.now)
      let isRestart = chance.happens(600)
      redis.loseState(isRestart: isRestart)
      let time = chance.number(1...5_000) * 1_000
      for host in hosts where isRestart && !host.process.isDead {
        timeline.schedule(in: 0, for: host.process) { host.link.cut(for: time) }
      }
      scheduleLoss(chance)
    }
  }

  private func killAll() {
    for host in hosts { host.die() }
    // A heartbeat that is on its way may still come.
    timeline.run(until: timeline.now + weather.longestDelay + rules.timeToLive + Rules.second)
    hosts = [makeHost()]
    probe("I4: a second after all sessions are over")
  }
}

/// What must be true of it.
extension World {
  /// Every second: who waits alone, and has room, must be admitted soon.
  private func look() {
    timeline.schedule(in: Rules.second) { [self] in
      let waiting = waiters.values.filter { $0.host.isOpen }
      // Who stood behind a call of a dead process waits until its session is over, and another one's heartbeat finds that.
      let canBeBehindTheDead = timeline.now - lastDeath < 2 * rules.timeToLive
      // That the server's clock was set the next heartbeat tells.
      let mayNotKnowTheTime = timeline.now - sessionsCutAt < rules.timeToLive
      for caller in waiting {
        let isAlone =
          waiting.count == 1 && !canBeBehindTheDead && !mayNotKnowTheTime && redis.recoversUntil < timeline.now
          && max(caller.host.process.pausedUntil, caller.host.link.downUntil) <= timeline.now
        caller.isSeen(alone: isAlone && hasRoom(for: caller.ask))
        if caller.aloneFor == 10 {
          problem("I6: a call of \(caller.host.name) waits though it is alone and there is room")
        }
      }
      lookAtLoneWaiter()
      lookAtHolders()
      lookAtForgotten()
      if Int64(timeline.now / Rules.second) % 60 == 0 { redis.account.audit(redis) }
      if !isOver { look() }
    }
  }

  /// A process that runs and reaches Redis keeps what it says it holds; one whose session was lost says so. Where many calls are lost, all heartbeats of a session may be.
  private func lookAtHolders() {
    guard weather.lostRequests + weather.delayed <= 10 else { return }
    let quiet = 2 * rules.timeToLive
    for (id, held) in holders.sorted(by: { $0.key < $1.key }) {
      guard let grant = redis.account.grants[id], !grant.isLive else { continue }
      let host = held.caller.host
      let trouble = max(host.process.pausedUntil, host.link.calmFrom, sessionsCutAt)
      guard host.engine.isHeld(id, session: held.item.session) else { continue }
      guard host.isOpen, host.engine.now < held.until else { continue }
      switch grant.forgotten {
      case .nothing where seenEnded.insert(id).inserted && timeline.now - trouble > quiet:
        problem("\(id) has ended, though its caller holds it and \(host.name) runs well")
      case .everything where timeline.now - max(trouble, redis.recoversUntil) > quiet,
        .grant where timeline.now - trouble > rules.timeToLive,
        .untold where timeline.now - max(trouble, redis.recoversUntil, grant.at - redis.offset) > quiet:
        problem("\(id) is held, and \(host.name) does not tell the Redis that does not know it")
      default: break
      }
    }
  }

  /// A process that runs, reaches Redis, and has the session in which it was granted something tells a Redis that has forgotten that, whether
  /// it is still held or not.
  private func lookAtForgotten() {
    guard !redis.account.forgotten.isEmpty, weather.lostRequests + weather.delayed <= 10 else { return }
    for host in hosts where host.isOpen {
      guard timeline.now - max(host.process.pausedUntil, host.link.calmFrom, sessionsCutAt) > 2 * rules.timeToLive
      else {
        continue
      }
      for grant in redis.account.forgotten
      where grant.forgotten == .grant && grant.isTold && grant.session == host.engine.sessionID {
        problem("\(grant.id) was granted, and \(host.name) does not tell the Redis that has forgotten it")
        redis.account.forgotten.removeAll { $0 === grant }
      }
    }
  }

  private func hasRoom(for ask: Ask) -> Bool {
    let now = redis.now
    return rules.needs(ask, at: now).allSatisfy {
      redis.account.used(of: $0.limit, at: now.microseconds) + $0.amount <= $0.limit.amount
    }
  }

  /// Callers that are told that they hold a slot are never more than there are slots, wherever they are. After somebody has set the
  /// server's clock, or Redis has forgotten heartbeats, sessions end early: that is no promise. Nor is a permit that Redis has forgotten.
  func checkBelieved() {
    guard timeline.now - sessionsCutAt > rules.timeToLive, !rules.isLocal else { return }
    let believed = holders.reduce(Int64(0)) { sum, holder in
      let held = holder.value
      guard held.slots > 0, !held.caller.host.process.isDead,
        let grant = redis.account.grants[holder.key], grant.forgotten == .nothing || grant.forgotten == .everything
      else { return sum }
      return held.caller.host.engine.isHeld(holder.key, session: held.item.session) ? sum + held.slots : sum
    }
    // Who has told what it holds after state was lost has its share of the rest, whatever the others hold, as long as they hold it.
    let forgiven = timeline.now - Rules.longestHold - 2 * rules.timeToLive
    if believed > rules.slots * Int64(1 + losses.count { $0 > forgiven }) {
      problem("I4: \(believed) of \(rules.slots) slots are held, say those that hold them")
    }
  }

  /// One call that needs all slots, which must all be free.
  private func probe(_ when: String) {
    for host in hosts where host.isOpen {
      var ask = Ask(Chance(seed, 3))
      (ask.parts, ask.isRecorded, ask.slots, ask.wait) = ([.slots], true, rules.slots, 5 * Rules.second)
      let rules = rules
      var outcome: Result<WaiterOutcome, any Error>?
      timeline.schedule(in: 0, for: host.process) { [self] in
        _ = host.engine.acquire(
          lane: "probe", priority: 1, hold: Rules.second, waitsUntil: host.engine.now + 5 * Rules.second,
          failsAt: host.engine.now + 5 * Rules.second, resolve: { [ask] in rules.needs(ask, at: $0) },
          completed: { [self] result in
            outcome = result
            guard case .success(.granted(let grant)) = result else { return }
            redis.account.grants[grant.place.id]?.deed = .reported([0])
            host.engine.end(
              SettleBatch.Item(
                session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, ending: .settled([0])),
              freed: [])
          })
      }
      timeline.run(until: timeline.now + 2 * Rules.second)
      guard case .success(.granted) = outcome else {
        problem("\(when), \(host.name) does not get all slots: \(outcome.map { "\($0)" } ?? "no answer")")
        continue
      }
    }
  }

  private func judge() {
    for caller in waiters.values where !caller.host.process.isDead {
      problem("I6: a call of \(caller.host.name) waits for ever")
    }
    for (id, host) in unsettled.sorted(by: { $0.key < $1.key }) where !host.process.isDead {
      problem("the settlement of \(id) was never answered")
    }
    probe("at rest")
    let living = Set(hosts.filter { !$0.process.isDead }.map(\.name))
    redis.account.audit(redis)
    redis.account.judge(redis) { session in living.contains(String(session.prefix { $0 != "-" })) }
  }
}
