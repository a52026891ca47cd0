import ArgumentParser
import Foundation
import LimiterClient
import LimiterCore

/// What the library costs straight to Redis, and a line of text for those that want to ask it: `scripts/bench peers` does both.
struct LibraryBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "library",
    abstract: "Calls of the library straight to a Redis that is given: one window, as many tasks as callers.",
    discussion: """
      Each caller acquires a permit and settles it as reserved, one call after the other: the permit's record is kept meanwhile, so a decision is two script \
      calls' work; with --admit it only counts. Times are those of the acquisition. With --ask it decides what is asked on the standard input, a line with an amount each, and answers \
      "granted <server time in us>" or "denied <us to wait, or ->".
      """)

  @Option(help: "The Redis, such as unix:///tmp/redis.sock.")
  var redis: String

  @Option(help: "The domain, a name of its own for every measurement.")
  var domain = "library"

  @Option(help: "Tasks that ask at once.")
  var callers = 1

  @Option(help: "Tokens that a call needs.")
  var cost: Int64 = 1

  @Option(help: "Seconds that are measured.")
  var seconds = 2.0

  @Option(help: "Seconds of calls before they are.")
  var warmUp = 1.0

  @Option(help: "The window's length, in milliseconds.")
  var windowMs: Int64 = 1_000

  @Option(help: "The window's tokens.")
  var limit: Int64 = 1_000_000_000

  @Flag(help: "Keep no permits: a decision is one call, without a settlement.")
  var admit = false

  @Flag(help: "Run the callers on the client's own event loop.")
  var onLoop = false

  @Flag(help: "Answer what the standard input asks.")
  var ask = false

  @Option(help: "Ends after so many calls of one caller, whatever the time.")
  var calls: Int?

  func validate() throws {
    guard (1...10_000).contains(callers) else {
      throw ValidationError("expected --callers from 1 to 10000, got \(callers)")
    }
    guard (0...LimiterBounds.amount).contains(cost) else { throw ValidationError("--cost: \(cost) is out of bounds") }
    guard (1...LimiterBounds.amount).contains(limit) else {
      throw ValidationError("--limit: \(limit) is out of bounds")
    }
    guard (1...600_000).contains(windowMs) else { throw ValidationError("expected --window-ms from 1 to 600000") }
    if ask, onLoop { throw ValidationError("--on-loop: the answers of --ask are no tasks of their own") }
    guard (0.01...3_600).contains(seconds), (0...3_600).contains(warmUp) else {
      throw ValidationError("--seconds, --warm-up: expected up to 3600")
    }
    guard calls.map({ (1...10_000_000).contains($0) }) ?? true else { throw ValidationError("--calls: out of bounds") }
  }

  func run() async throws {
    let policy = Policy(
      domain: domain, models: ["hot": Model(provider: "bench")],
      limits: [
        LimitRule(name: "tokens", kind: .window(unit: .tokens, amount: limit, length: .milliseconds(windowMs)))
      ])
    let options = self
    try await LimiterClient.withClient(.redis(url: redis, policy: policy)) { limiter in
      if options.ask {
        try await LibraryAnswers(limiter: limiter, keepsPermits: !options.admit).run()
      } else {
        let load = LibraryLoad(
          limiter: limiter, callers: options.callers, cost: options.cost, warmUp: .seconds(options.warmUp),
          measured: .seconds(options.seconds), calls: options.calls, keepsPermits: !options.admit)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.keyEncodingStrategy = .convertToSnakeCase
        print(
          String(
            decoding: try encoder.encode(
              options.onLoop
                ? try await withTaskExecutorPreference(limiter.executor) { try await load.run() } : try await load.run()
            ), as: UTF8.self))
      }
    }
  }
}
