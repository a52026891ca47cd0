import LimiterCore
import Synchronization
import Testing

/// Plays a timeline of a lane, written as text, and compares what the machine does with what is expected.
///
/// ```
///   0  open A                   -> -
///   1  enqueue a w=60 wait=100  -> send 1 [a]
///   3  answer ok                -> granted a
/// ```
///
/// A line is: milliseconds, event, `->`, actions. Events:
///
/// | event | meaning |
/// | --- | --- |
/// | `open A`, `close A` | the session A is open, was lost elsewhere; `open A 50`: that took 50 ms, so the clock is behind |
/// | `enqueue a w=60 s=1 p=1 wait=100 fail=500` | a call; `w...` windows of 100, `s...` slots of 2, `b...` budgets of 1,000 per second; wait and fail are instants |
/// | `answer ok, no w@50, behind w` | the decisions on the batch in flight: `no` is exact, `about` a lower bound, `never`, `big` |
/// | `stale`, `nosession`, `superseded`, `otherperiod`, `forgotten 1` (all after 1) | other answers |
/// | `doubt` | Redis may be another one |
/// | `degrade A` | Redis gives no answer: the local share decides, in the session A |
/// | `mode w closed` | what decides on a limit then is another: `local`, `open`, `closed` |
/// | `late` | the answer to the batch before the last one: `ok` |
/// | `notrun`, `unknown`, `unreadable`, `fatal` | there was no answer |
/// | `cancel a`, `release s`, `refresh`, `tick` | `release` alone: whatever was said may be outdated |
/// | `next` | not an event: the expectation is when the next tick is due, or `none` |
/// | `ahead w` | not an event: the expectation is how many calls of that limit a newcomer would stay behind |
struct LaneTimeline {
  /// Server time = local time + this.
  static let offset: Int64 = 1_000_000_000

  var lane: LaneMachine
  private var ids: [String: UInt64] = [:]
  private var batch: AcquireBatch?
  private var before: AcquireBatch?
  private let modes = Modes()

  /// What decides on limits while Redis gives no answer, where it is said.
  private final class Modes: Sendable {
    private let modes = Mutex<[String: FailureMode]>([:])

    subscript(limit: String) -> FailureMode? { modes.withLock { $0[limit] } }

    func set(_ limit: String, _ mode: FailureMode) { modes.withLock { $0[limit] = mode } }
  }

  init(_ settings: LaneMachine.Settings = LaneMachine.Settings(answerTime: 100_000, slotPoll: 20_000, capacity: 100)) {
    lane = LaneMachine(name: "m", settings: settings)
  }

  static func play(
    _ text: String,
    settings: LaneMachine.Settings = LaneMachine.Settings(answerTime: 100_000, slotPoll: 20_000, capacity: 100),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var timeline = LaneTimeline(settings)
    for line in text.split(separator: "\n") {
      let halves = line.split(separator: "->", maxSplits: 1)
      let words = try #require(halves.first).split(separator: " ").map(String.init)
      guard words.count >= 2 else { continue }
      let expected = halves.count == 2 ? halves[1].trimmingSpaces : ""
      let now = try #require(Int64(words[0]), "\(line)") * 1_000
      let actual = try timeline.handle(words[1], Array(words.dropFirst(2)), at: now)
      #expect(actual == expected, "\(line)", sourceLocation: sourceLocation)
    }
  }

  private mutating func handle(_ event: String, _ words: [String], at now: Int64) throws -> String {
    if event == "next" { return lane.nextTick.map { "\(Double($0) / 1_000)" } ?? "none" }
    if event == "ahead" {
      return "\(lane.waiting(on: LimitID(rule: words[0]), aheadOf: 5, at: now, lookingAt: 100).count)"
    }
    let actions: [LaneAction]
    switch event {
    case "open":
      let behind = words.count > 1 ? try #require(Int64(words[1])) * 1_000 : 0
      actions = lane.opened(session: words[0], serverNow: Self.server(now - behind), at: now)
    case "close": actions = lane.closed(session: words[0])
    case "enqueue":
      guard let done = lane.enqueue(try waiter(words, at: now), at: now) else { return "full" }
      actions = done
    case "cancel": actions = lane.cancel(try #require(ids[words[0]]), at: now)
    case "mode":
      modes.set(words[0], try #require(FailureMode(rawValue: words[1])))
      actions = []
    case "degrade":
      actions = lane.degrade(
        as: words[0], serverNow: Self.server(now), hasShare: true, cause: Trouble(), at: now)
    case "doubt": actions = lane.doubtMemory(at: now)
    case "release" where words.isEmpty: actions = lane.releasedAll(at: now)
    case "release": actions = lane.released(words.map { LimitID(rule: $0) }, at: now)
    case "refresh": actions = lane.refreshed(at: now)
    case "tick": actions = lane.tick(at: now)
    case "answer": actions = lane.answered(try decisions(words, at: now), to: try sent(), at: now)
    case "late": actions = lane.answered(try decisions(["ok"], at: now), to: try #require(before), at: now)
    case "stale": actions = lane.answered(.stale(now: Self.server(now)), to: try sent(), at: now)
    case "nosession": actions = lane.answered(.noSession(now: Self.server(now)), to: try sent(), at: now)
    case "superseded": actions = lane.answered(.superseded(now: Self.server(now)), to: try sent(), at: now)
    case "forgotten":
      let last = try #require(Int64(words[0]))
      actions = lane.answered(.forgotten(now: Self.server(now), last: last), to: try sent(), at: now)
    case "otherperiod": actions = lane.answered(.otherPeriod(now: Self.server(now), limit: 0), to: try sent(), at: now)
    case "notrun": actions = lane.failed(.notRun(Trouble()), of: try sent(), at: now)
    case "unknown": actions = lane.failed(.unknown(Trouble()), of: try sent(), at: now)
    case "unreadable": actions = lane.failed(.unreadable(Trouble()), of: try sent(), at: now)
    case "fatal": actions = lane.failed(.fatal(Trouble()), of: try sent(), at: now)
    default: throw Unreadable(word: event)
    }
    return actions.isEmpty ? "-" : actions.map { describe($0, at: now) }.joined(separator: "; ")
  }

  struct Trouble: Error {}
  struct Unreadable: Error { var word: String }

  static func server(_ local: Int64) -> ServerTime { ServerTime(microseconds: local + offset) }
}

extension LaneTimeline {
  static func limit(_ name: String, at time: ServerTime, onFailure: FailureMode? = nil) -> EffectiveLimit {
    let allowance: EffectiveLimit.Allowance =
      switch name.first {
      case "s": .concurrency(permits: 2)
      case "b":
        .budget(
          nanodollars: 1_000,
          period: BudgetPeriod(
            name: "\(time.microseconds / 1_000_000)", start: time, end: nil), keep: 1)
      default: .window(amount: 100, length: 1_000_000)
      }
    return EffectiveLimit(id: LimitID(rule: name), allowance: allowance, onFailure: onFailure)
  }

  private mutating func waiter(_ words: [String], at now: Int64) throws -> Waiter {
    let id = UInt64(ids.count + 1)
    ids[words[0]] = id
    var (needs, priority, waits, fails): ([(String, Int64)], Int, Int64?, Int64?) = ([], 5, nil, nil)
    for word in words.dropFirst() {
      let pair = word.split(separator: "=").map(String.init)
      let number = try #require(Int64(pair[1]))
      switch pair[0] {
      case "p": priority = Int(number)
      case "wait": waits = number * 1_000
      case "fail": fails = number * 1_000
      default: needs.append((pair[0], number))
      }
    }
    if needs.isEmpty { needs = [("w", 1)] }
    return Waiter(
      id: id, priority: priority, hold: 1_000_000, waitsUntil: waits,
      failsAt: fails ?? max(waits ?? 0, now + 1_000_000)
    ) { [needs, modes] time in
      needs.map { LimitNeed(limit: Self.limit($0.0, at: time, onFailure: modes[$0.0]), amount: $0.1) }
    }
  }

  /// The batch that was sent last.
  private func sent() throws -> AcquireBatch { try #require(batch) }

  /// `ok, no w@50, never b`
  private func decisions(_ words: [String], at now: Int64) throws -> AcquireAnswer {
    let batch = try #require(batch)
    let decisions = try words.joined(separator: " ").split(separator: ",").map { part throws -> BatchDecision in
      let words = part.split(separator: " ").map(String.init)
      if words[0] == "ok" { return .granted }
      let target = words[1].split(separator: "@")
      let limit = try #require(batch.limits.firstIndex { $0.id.rawValue == target[0] })
      let time = Self.server(target.count > 1 ? try #require(Int64(target[1])) * 1_000 : now)
      return switch words[0] {
      case "no": .denied(limit: limit, .at(time))
      case "about": .denied(limit: limit, .notBefore(time))
      case "behind": .denied(limit: limit, .behind(time))
      case "never": .denied(limit: limit, .never)
      case "big": .denied(limit: limit, .tooLarge)
      default: throw Unreadable(word: words[0])
      }
    }
    return .decided(
      now: Self.server(now), aliveUntil: Self.server(now + 10_000_000), used: batch.limits.map { _ in 77 },
      decisions: decisions)
  }

  private mutating func describe(_ action: LaneAction, at now: Int64) -> String {
    switch action {
    case .send(let batch):
      if let last = self.batch, last.session != batch.session || last.operation != batch.operation { before = last }
      self.batch = batch
      let needs = batch.requests.map { request in
        request.needs.map { need in
          let limit = batch.limits[need.limit]
          return "\(limit.keyName.split(separator: ":").dropFirst().joined(separator: ":"))=\(need.amount)"
        }.joined(separator: "+")
      }
      let patience = batch.notAfter.microseconds - Self.offset - now
      let late = patience == 100_000 ? "" : " not after \(patience)"
      let leaving =
        batch.withdrawn.isEmpty ? "" : " leaving \(batch.withdrawn.map(\.limit.rawValue).joined(separator: " "))"
      return
        "send \(batch.session)\(batch.operation)\(batch.isResent ? " again" : "")\(late) [\(needs.joined(separator: " "))]\(leaving)"
    case .resolve(let id, let outcome): return "\(name(id)) \(describe(outcome))"
    case .giveBack(let grant): return "give back \(grant.session)/\(grant.permit)"
    case .revoke(let batch, let sentAt):
      return "revoke \(batch.session)\(batch.operation) of \(sentAt / 1_000)"
    case .forgotten(let session, let last, let through):
      return "forgotten in \(session) after \(last) through \(through)"
    case .sessionLost(let session): return "lost \(session)"
    }
  }

  private func name(_ id: UInt64) -> String { ids.first { $0.value == id }?.key ?? "?" }

  private func describe(_ outcome: WaiterOutcome) -> String {
    switch outcome {
    case .granted(let grant): "granted \(grant.session)/\(grant.permit)"
    case .denied(let denial): "denied \(denial.limit.id) \(denial.used) of \(denial.limit.amount)"
    case .failed(let error as LaneTimeout): error.cause is Trouble ? "timeout after trouble" : "timeout"
    case .failed(let error): error is Trouble ? "failed" : "\(error)"
    }
  }
}

extension Substring {
  var trimmingSpaces: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
