import LimiterCore
import LimiterRedis
import NIOCore

/// A process with an engine, on a host with a clock of its own.
final class Host {
  let name: String
  let process = Timeline.Process()
  let loop: HostLoop
  let link: Link
  let engine: LimiterEngine
  private let timeline: Timeline
  private(set) var isStopping = false
  private var stopped: EventLoopPromise<Void>?

  /// After how long who waits for slots, or behind another one, asks by itself.
  static let slotPoll = Rules.second

  init(
    _ name: String, _ world: World, clock offset: Int64, _ chance: Chance, slowAfter: Int64? = nil
  ) {
    self.name = name
    timeline = world.timeline
    loop = HostLoop(timeline, process)
    link = Link(timeline, process, loop, world.redis, chance, world.weather, world.sabotage)
    var settings = EngineSettings(domain: "d", sessionTimeToLive: .microseconds(world.rules.timeToLive), who: name)
    settings.lane.answerTime = world.rules.answerTime
    settings.lane.capacity = 200
    settings.lane.slotPoll = Self.slotPoll
    // Some give Redis up soon, and ask anew when it is back; others ask for the same again until it answers.
    let givesUpSoon = chance.happens(500)
    settings.slowAfter = slowAfter ?? (givesUpSoon ? 250_000 : 3_600 * Rules.second)
    nonisolated(unsafe) let trace = world.timeline
    var events = EngineEvents()
    nonisolated(unsafe) let redis = world.redis
    events.degraded = {
      trace.note(.fault, 10, 0, "\(name) goes on without Redis: \($0)")
    }
    events.recovered = {
      trace.note(.fault, 11, 0, "\(name) asks Redis again")
      redis.account.checkShareIsTold(by: name, at: redis.now.microseconds)
    }
    events.stateLost = { trace.note(.fault, 12, 0, "\(name) sees that state was lost") }
    events.sessionLost = { trace.note(.fault, 3, 0, "\($0) is lost") }
    var names = 0
    engine = LimiterEngine(
      store: link, eventLoop: loop, settings: settings, events: events,
      surroundings: EngineSurroundings(
        now: { trace.now + offset }, wallClock: { ServerTime(microseconds: trace.now) },
        makeID: {
          names += 1
          return "\(name)-\(names)"
        }))
  }

  /// Whether it takes calls.
  var isOpen: Bool { !process.isDead && !isStopping }

  func start() { timeline.schedule(in: 0, for: process) { self.engine.start() } }

  /// Nothing of it ever runs again.
  func die() {
    timeline.note(.fault, 4, 0, "\(name) dies")
    process.die()
    stopped?.fail(EngineStopped())
    stopped = nil
  }

  /// It ends as it should.
  func stop() {
    guard isOpen else { return }
    timeline.note(.fault, 5, 0, "\(name) is stopped")
    isStopping = true
    let promise = loop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenSuccess {
      self.stopped = nil
      self.die()
    }
    stopped = promise
    engine.stop(failing: EngineStopped(), within: .seconds(1), promise: promise)
  }
}
