import LimiterCore

/// Several hosts with a lane each, one store, and callers that come at given times: stepped through events in the order of time, with
/// a way of 300 us to the store and back. Deterministic.
struct HostsWorld {
  struct Arrival {
    var at: Int64
    var host: Int
    var tokens: Int64
    var priority: Int = 5
    /// How long it waits at most; `nil`: it is decided at once.
    var patience: Int64? = 1 << 49
    /// Which group it belongs to, for the figures.
    var kind: String
  }

  private enum Event {
    case arrive(Int)
    case answer(AcquireAnswer, AcquireBatch, host: Int)
    /// The script has told this host that it may be its turn.
    case wake(host: Int)
  }

  let limit: EffectiveLimit
  private(set) var waits: [Int: Int64] = [:]
  private(set) var grants: [(at: Int64, arrival: Int)] = []
  private var store = ReferenceStore()
  private var lanes: [LaneMachine]
  private var arrivals: [Arrival] = []
  private var events: [(at: Int64, number: Int, event: Event)] = []
  private var numbers = 0
  private var now: Int64 = 0

  init(hosts: Int, amount: Int64, length: Int64) {
    limit = EffectiveLimit(id: LimitID(rule: "tokens"), allowance: .window(amount: amount, length: length))
    lanes = (0..<hosts).map { _ in LaneMachine(name: "m") }
    for host in lanes.indices {
      store.open(session: "h\(host)", timeToLive: 1 << 50, epoch: "e", at: LaneTimeline.server(0))
      _ = lanes[host].opened(session: "h\(host)", serverNow: LaneTimeline.server(0), at: 0)
    }
  }

  /// Runs until all arrivals, in the order of their times, are served.
  mutating func run(_ arrivals: [Arrival]) {
    self.arrivals = arrivals
    if let first = arrivals.first { schedule(.arrive(0), at: first.at) }
    while true {
      let tick = lanes.indices.compactMap { host in lanes[host].nextTick.map { (at: $0, host: host) } }
        .min { $0.at < $1.at }
      let next = events.indices.min { (events[$0].at, events[$0].number) < (events[$1].at, events[$1].number) }
      if let tick, tick.at <= next.map({ events[$0].at }) ?? .max {
        if tick.at > 1 << 45 { return }
        now = max(now, tick.at)
        carryOut(lanes[tick.host].tick(at: now), host: tick.host)
      } else if let next {
        let (at, _, event) = events.remove(at: next)
        now = max(now, at)
        handle(event)
      } else {
        return
      }
    }
  }

  /// The mean wait of a kind in milliseconds, or of all whose first word it is.
  func meanWait(_ kind: String) -> Double {
    let all = waits.filter { Self.belongs(arrivals[$0.key].kind, to: kind) }.map(\.value)
    return Double(all.reduce(0, +)) / Double(max(all.count, 1)) / 1_000
  }

  static func belongs(_ kind: String, to group: String) -> Bool { kind == group || kind.hasPrefix(group + " ") }

  func longestWait(_ kind: String) -> Double {
    Double(waits.filter { arrivals[$0.key].kind == kind }.map(\.value).max() ?? 0) / 1_000
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .arrive(let index):
      let arrival = arrivals[index]
      if index + 1 < arrivals.count { schedule(.arrive(index + 1), at: arrivals[index + 1].at) }
      let limit = limit
      let waiter = Waiter(
        id: UInt64(index), priority: arrival.priority, hold: 1, waitsUntil: arrival.patience.map { arrival.at + $0 },
        failsAt: 1 << 50
      ) { _ in [LimitNeed(limit: limit, amount: arrival.tokens)] }
      carryOut(lanes[arrival.host].enqueue(waiter, at: now) ?? [], host: arrival.host)
    case .wake(let host): carryOut(lanes[host].released([limit.id], at: now), host: host)
    case .answer(let answer, let batch, let host):
      carryOut(lanes[host].answered(answer, to: batch, at: now), host: host)
    }
  }

  private mutating func carryOut(_ actions: [LaneAction], host: Int) {
    for action in actions {
      switch action {
      case .send(let batch):
        let answer = store.acquire(batch, at: LaneTimeline.server(now + 300))
        schedule(.answer(answer, batch, host: host), at: now + 600)
        for hint in store.takeHints() {
          guard let woken = lanes.indices.first(where: { "h\($0)" == hint.session }) else { continue }
          schedule(.wake(host: woken), at: now + 600)
        }
      case .resolve(let id, .granted):
        waits[Int(id)] = now - arrivals[Int(id)].at
        grants.append((now, Int(id)))
      case .resolve, .giveBack, .revoke, .forgotten, .sessionLost: break
      }
    }
  }

  private mutating func schedule(_ event: Event, at time: Int64) {
    numbers += 1
    events.append((time, numbers, event))
  }
}
