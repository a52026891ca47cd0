import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// The way of one process to Redis: calls and answers take time, are lost, come twice and overtake each other.
final class Link: DomainStore {
  private final class Pending {
    let sentAt: Int64
    init(sentAt: Int64) { self.sentAt = sentAt }
    var fail: ((any Error) -> Void)?
  }

  private let timeline: Timeline
  private let process: Timeline.Process
  private let loop: HostLoop
  private let redis: SimulatedRedis
  private let chance: Chance
  private let sabotage: Sabotage
  var weather: Weather
  /// When the last trouble of the whole connection is over.
  var calmFrom: Int64 { max(downUntil, muteUntil) }
  /// Until when a call that was lost, or that takes longer than others, may be without its answer.
  private(set) var strayUntil: Int64 = 0
  /// When its connection is there again.
  private(set) var downUntil: Int64 = 0
  /// One more after each cut.
  private(set) var connections = 1
  let connectionError: (any Error)? = nil
  /// A call has been without its answer, or a hint under way, for a second.
  var isSlow: Bool {
    (pending.values.map(\.sentAt) + hints.values).contains { $0 <= timeline.now - Rules.second }
  }
  /// When each hint that is under way was sent.
  private var hints: [UInt64: Int64] = [:]
  private var lastHint: UInt64 = 0
  /// Until when calls get through, and no answer does.
  private var muteUntil: Int64 = 0
  private var pending: [UInt64: Pending] = [:]
  private var lastCall: UInt64 = 0
  private var lastListener: UInt64 = 0
  private var heard: [UInt64: (session: String, tell: (WakeUp) -> Void)] = [:]
  /// Whether answers stay on their way from now on, and those that do.
  var keepsAnswers = false
  private var kept: [() -> Void] = []

  init(
    _ timeline: Timeline, _ process: Timeline.Process, _ loop: HostLoop, _ redis: SimulatedRedis, _ chance: Chance,
    _ weather: Weather, _ sabotage: Sabotage
  ) {
    (self.timeline, self.process, self.loop, self.redis) = (timeline, process, loop, redis)
    (self.chance, self.weather, self.sabotage) = (chance, weather, sabotage)
  }

  /// The connection breaks: what is under way has an unknown outcome, and nothing gets through for some time.
  func cut(for time: Int64) {
    timeline.note(.fault, 2, time, "a connection is cut")
    downUntil = timeline.now + time
    connections += 1
    let error = RedisError(.connectionLost, "cut", outcome: .unknown)
    for (_, call) in pending.sorted(by: { $0.key < $1.key }) { call.fail?(error) }
    timeline.schedule(in: time + delay(), for: process) { [self] in
      for (_, listener) in heard.sorted(by: { $0.key < $1.key }) { listener.tell(.beganToListen) }
    }
  }

  /// First answers are lost, then the connection, for longer than a session lives: what was granted meanwhile is nobody's.
  func fade(for time: Int64, andThenCutFor down: Int64) {
    timeline.note(.fault, 7, time, "answers are lost")
    muteUntil = timeline.now + time
    timeline.schedule(in: time, for: process) { self.cut(for: down) }
  }

  /// The answers that were kept on their way come now, in the order of their calls.
  func letGo(first count: Int = .max) {
    for answer in kept.prefix(count) { timeline.schedule(in: 0, for: process, answer) }
    kept.removeFirst(min(count, kept.count))
  }

  func acquire(_ batch: AcquireBatch, deadline: NIODeadline, _ answered: @escaping Answered<AcquireAnswer>) {
    let batch = sabotage.change(batch)
    carry(deadline, answered) { [redis] in redis.acquire(batch) }
  }

  func settle(_ batch: SettleBatch, deadline: NIODeadline, _ answered: @escaping Answered<[SettleOutcome]?>) {
    let kept = sabotage.change(batch)
    carry(deadline, answered) { [redis, sabotage] in
      // Whoever forgets a settlement believes that it was made.
      let known = SettleBatch(windowLengths: batch.windowLengths, items: kept.compactMap { $0 }, epoch: batch.epoch)
      guard let made = redis.settle(known) else { return nil }
      sabotage.settled(known.items, made)
      var outcomes = made.makeIterator()
      return kept.map { $0 == nil ? .settled : outcomes.next() ?? .gone }
    }
  }

  func session(_ call: SessionCall, deadline: NIODeadline, _ answered: @escaping Answered<SessionAnswer>) {
    carry(deadline, answered) { [redis, sabotage] in
      sabotage.forgets(call)
        ? SessionAnswer(status: .done, now: redis.now, epoch: redis.epoch, hosts: 1)
        : sabotage.change(redis.session(call))
    }
  }

  func adopt(
    _ permits: [PermitPlace], by session: String, deadline: NIODeadline,
    _ answered: @escaping Answered<[(adoption: Adoption, record: [UInt8])]?>
  ) {
    carry(deadline, answered) { [redis] in redis.adopt(permits, by: session) }
  }

  func announce(_ batch: AnnounceBatch, deadline: NIODeadline, _ answered: @escaping Answered<Bool>) {
    let batch = sabotage.change(batch)
    carry(deadline, answered) { [redis] in redis.announce(batch) }
  }

  func permits(of session: String, deadline: NIODeadline, _ answered: @escaping Answered<[String]>) {
    carry(deadline, answered) { [redis, sabotage] in
      sabotage.mistake == .seesNoOrphans ? [] : redis.permits(of: session)
    }
  }

  func listen(to session: String, _ heard: @escaping (WakeUp) -> Void) -> UInt64? {
    lastListener += 1
    let number = lastListener
    self.heard[number] = (session, heard)
    redis.listen(to: session) { [self] limit in
      // A hint is lost with its connection only, and whoever listens anew hears that it may have been.
      guard timeline.now >= max(downUntil, muteUntil) else { return }
      lastHint += 1
      let hint = lastHint
      hints[hint] = timeline.now
      guard !sabotage.isDeaf else { return }
      timeline.schedule(in: delay(), for: process) { [self] in
        hints[hint] = nil
        self.heard[number]?.tell(.released(limit))
      }
    }
    timeline.schedule(in: delay(), for: process) { self.heard[number]?.tell(.beganToListen) }
    return number
  }

  func stopListening(_ number: UInt64) {
    if let listener = heard.removeValue(forKey: number) { redis.listen(to: listener.session, nil) }
  }

  /// Answers once: with what Redis says, or with what the client would say of an answer that does not come.
  private func carry<Value>(
    _ deadline: NIODeadline, _ answered: @escaping Answered<Value>, _ run: @escaping () -> Value
  ) {
    lastCall += 1
    let (id, call) = (lastCall, Pending(sentAt: timeline.now))
    func answer(_ result: Result<Value, any Error>) {
      guard pending.removeValue(forKey: id) != nil else { return }
      answered(result)
    }
    pending[id] = call
    call.fail = { answer(.failure($0)) }
    guard timeline.now >= downUntil else {
      timeline.schedule(in: 1_000, for: process) {
        answer(.failure(RedisError(.connectFailed, "there is no connection", outcome: .notSent)))
      }
      return
    }
    timeline.schedule(in: loop.time(until: deadline), for: process) {
      answer(.failure(RedisError(.timeout, "no answer", outcome: .unknown)))
    }
    let lost = timeline.now + loop.time(until: deadline)
    for _ in 0..<(chance.happens(weather.doubled) ? 2 : 1) {
      guard !chance.happens(weather.lostRequests) else {
        strayUntil = max(strayUntil, lost)
        continue
      }
      let generation = redis.generation
      timeline.schedule(in: delay()) { [self] in
        guard redis.generation == generation else { return }
        let value = run()
        guard !chance.happens(weather.lostReplies), timeline.now >= max(downUntil, muteUntil) else {
          strayUntil = max(strayUntil, lost)
          return
        }
        if keepsAnswers { return kept.append { answer(.success(value)) } }
        timeline.schedule(in: delay(), for: process) { answer(.success(value)) }
      }
    }
  }

  /// Of a message that does not take longer than others.
  static let usualDelay: Int64 = 2_000

  private func delay() -> Int64 {
    guard chance.happens(weather.delayed) else { return chance.number(50...Self.usualDelay) }
    let time = chance.number(1_000...weather.longestDelay)
    strayUntil = max(strayUntil, timeline.now + time)
    return time
  }
}
