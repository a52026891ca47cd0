import Foundation
import LimiterClient
import LimiterCore
import RedisClient
import SeededRandom

/// Carries out an order through the library.
struct Worker {
  let order: WorkerOrder
  /// A worker whose test has died must not stay.
  private let deadline = ContinuousClock.now + .seconds(90)

  func run() async throws {
    let limits = [
      window("requests", .requests, order.requests, .reservation), window("tokens", .tokens, order.tokens, .actual),
      LimitRule(name: "slots", kind: .concurrency(permits: order.slots)),
      LimitRule(name: "budget", kind: .budget(nanodollars: order.nanodollars, period: .lifetime)),
    ]
    let policy = Policy(
      domain: order.domain, headroomPerMille: 1_000, guardTime: .zero,
      sessionTimeToLive: .milliseconds(order.sessionMilliseconds),
      models: ["m": Model(provider: "p", price: ModelPrice(input: 1_000_000, output: 2_000_000))], limits: limits)
    var settings = LimiterSettings(
      policy: policy, redis: try RedisConfiguration(url: order.redis), name: "worker \(order.seed)")
    // A machine that runs many workers may be busy for longer than Redis may be silent.
    settings.slowAfter = .seconds(20)
    let route = order.socket.map { LimiterRoute.limiterd(socket: $0) } ?? .redis(settings)
    try await LimiterClient.withClient(route) { limiter in
      switch order.task {
      case .work: try await work(limiter)
      case .hold: try await hold(limiter)
      case .settle: try await settle(limiter)
      }
    }
    say(Line(isDone: true))
  }

  private func window(_ name: String, _ unit: LimiterCore.Unit, _ amount: Int64, _ rule: SettleRule) -> LimitRule {
    LimitRule(
      name: name, kind: .window(unit: unit, amount: amount, length: .milliseconds(order.windowMilliseconds)),
      settling: rule)
  }

  /// Three callers, so that group commit has something to do.
  private func work(_ limiter: LimiterClient) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<3 as Range<UInt64> {
        group.addTask {
          var random = SeededGenerator(seed: order.seed &* 31 &+ caller)
          while ContinuousClock.now < deadline {
            let (input, output) = (
              Int64.random(in: 1...30, using: &random), Int64.random(in: 0...10, using: &random)
            )
            let request = AdmissionRequest(model: "m", inputTokens: input, outputTokens: output)
            guard let permit = try await limiter.acquire(request).permit else { return }
            say(Line(permit: permit))
            try await Task.sleep(for: .milliseconds(Int64.random(in: 1...60, using: &random)))
            let used = (Int64.random(in: 0...input, using: &random), Int64.random(in: 0...output, using: &random))
            say(Line(settling: permit.id, nanodollars: used.0 + 2 * used.1))
            try await limiter.settle(permit, Usage(inputTokens: used.0, outputTokens: used.1))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func hold(_ limiter: LimiterClient) async throws {
    for _ in 0..<order.count {
      guard let permit = try await limiter.acquire(AdmissionRequest(model: "m", inputTokens: 1)).permit else { return }
      say(Line(permit: permit))
    }
    try await Task.sleep(until: deadline)
  }

  private func settle(_ limiter: LimiterClient) async throws {
    guard let permit = order.permit, let usage = order.usage else { return }
    say(Line(outcome: "\(try await limiter.settle(permit, usage))"))
  }

  private func say(_ line: Line) {
    guard let text = try? JSONEncoder().encode(line) else { return }
    // One write: a line is there whole, or not at all.
    FileHandle.standardOutput.write(text + Data("\n".utf8))
  }
}

/// What a worker says.
struct Line: Codable {
  /// A grant, said before anything else is done.
  var granted: String?
  var grantedAt: Int64?
  var amounts: [String: Int64]?
  /// A permit that is about to be settled, and at what cost.
  var settling: String?
  var nanodollars: Int64?
  var outcome: String?
  /// All is done: the last line of a worker that was not killed.
  var isDone: Bool?

  init(isDone: Bool) {
    self.isDone = isDone
  }

  init(permit: Permit) {
    granted = permit.id
    grantedAt = permit.grantedAt.microseconds
    amounts = permit.reservations.reduce(into: [:]) { $0[$1.limit.rawValue] = $1.amount }
  }

  init(settling: String, nanodollars: Int64) {
    (self.settling, self.nanodollars) = (settling, nanodollars)
  }

  init(outcome: String) {
    self.outcome = outcome
  }
}
