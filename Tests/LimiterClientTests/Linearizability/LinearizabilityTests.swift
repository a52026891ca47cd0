import NIOPosix
import Oracle
import PrivateRedis
import RedisClient
import SeededRandom
import TestSupport
import Testing

@testable import LimiterClient
import LimiterCore
import LimiterRedis

extension ClientTests {
  /// Short histories of calls that are under way at once, on a real Redis: each must be one that a limiter which takes one call after
  /// the other could have answered.
  @Suite struct LinearizabilityTests {
    private struct Tally {
      var (calls, granted, denied, open) = (0, 0, 0, 0)
      var violations: [String] = []
    }

    /// Plays histories, sixteen at a time, and judges each.
    private func judge(
      _ count: Int, over limiters: [HistoryPlayer.Reached], purpose: String,
      restsWithin longest: Duration = .seconds(30)
    ) async throws -> Tally {
      var random = SeededGenerator(for: purpose)
      let seeds = (0..<count).map { _ in random.next() }
      let tally = try await withThrowingTaskGroup(of: (Int, HistoryRecorder).self) { group in
        var (tally, next) = (Tally(), 0)
        func begin() {
          guard next < count else { return }
          let number = next
          next += 1
          group.addTask {
            (
              number,
              try await HistoryPlayer(over: limiters, run: "h\(number)").play(seed: seeds[number], restsWithin: longest)
            )
          }
        }
        for _ in 0..<16 { begin() }
        while let (number, history) = try await group.next() {
          begin()
          Self.judge(history, "history \(number)", &tally)
        }
        return tally
      }
      print(
        "\(purpose): \(count) histories, \(tally.calls) calls: \(tally.granted) granted, \(tally.denied) denied, "
          + "\(tally.open) of unknown outcome; \(tally.violations.count) violations")
      return tally
    }

    private static func judge(_ history: HistoryRecorder, _ name: String, _ tally: inout Tally) {
      let calls = history.calls.sorted { $0.invoked < $1.invoked }
      tally.violations += history.surprises.map { "\(name): \($0)" }
      for call in calls {
        tally.calls += 1
        switch call.call {
        case .takeBack: tally.calls -= 2
        case .acquire(_, _, .granted): tally.granted += 1
        case .acquire(_, _, .denied), .acquire(_, _, .passedOver): tally.denied += 1
        case .acquire(let permit, _, .unknown) where permit > 0: tally.open += 1
        case .end(_, _, .unknown): tally.open += 1
        default: break
        }
      }
      let text = calls.enumerated().map { "  \($0): \($1.invoked)..\($1.answered ?? -1) \($1.call)" }.joined(
        separator: "\n")
      switch LinearizabilityChecker.check(calls, HistoryPlayer.specification) {
      case .linearizable: break
      case .violated(let placed): tally.violations.append("\(name), placed \(placed):\n\(text)")
      case .undecided: tally.violations.append("\(name) is undecided:\n\(text)")
      }
    }

    /// Two limiters on Redis and two on limiterd; one of each over connections that are cut.
    @Test func historiesOfAcquireAndSettleAreLinearizable() async throws {
      var domain = Domain(HistoryPlayer.limits, on: try await SharedRedis.url)
      domain.timeToLive = .seconds(120)
      try await domain.withDaemon { [domain] _, socket in
        let daemonProxy = try await CuttingProxy(
          to: socket, purpose: "linearizability, limiterd",
          cutAfter: 200...5_000)
        let redisProxy = try await CuttingProxy(
          to: String(domain.url.dropFirst(7)), purpose: "linearizability, Redis",
          cutAfter: 700...3_000)
        let cut = try domain.settings { $0.redis.address = .unix(path: redisProxy.socket) }
        let routes: [LimiterRoute] = [
          .redis(try domain.settings()), .redis(cut), .limiterd(.test(socket, grace: .seconds(120))),
          .limiterd(.test(daemonProxy.socket, grace: .seconds(120))),
        ]
        let ways: [HistoryRecorder.Way] = [.whole, .cutRedis, .whole, .cutLimiterd]
        let limiters = try zip(routes, ways).map {
          HistoryPlayer.Reached(limiter: try LimiterClient($0, logger: .quiet).backend, way: $1)
        }
        let tally = try await withAll(limiters) {
          try await judge(300, over: limiters, purpose: "linearizability")
        }
        print("cut connections: \(daemonProxy.connections) to limiterd, \(redisProxy.connections) to Redis")
        #expect(tally.violations.isEmpty, "\(tally.violations.prefix(2).joined(separator: "\n"))")
        #expect(tally.granted > 300 && tally.denied > 200 && tally.open > 200)
        #expect(daemonProxy.connections > 5 && redisProxy.connections > 5)
        await daemonProxy.close()
        await redisProxy.close()
      }
    }

    /// Mistakes in the scripts, each as somebody could make it.
    @Test(arguments: [
      ("contended", "if used[i] + amount > limit[i] or", "if used[i] + amount > limit[i] + 1 or"),
      ("settle", "  call('HDEL', KEYS[position + 1], unpack(fields))\n", ""),
      ("settle", "    release_slots(prefix .. name, session_of(position), amount)\n", ""),
      ("contended", "      added[i] = added[i] - amount\n", ""),
      ("settle", "local taken = log_refund(log, sum, stamp, amount)", "local taken = 0"),
    ])
    func aMistakeInAScriptIsFound(_ file: String, _ find: String, _ replacement: String) async throws {
      let domain = Domain(HistoryPlayer.limits, on: try await SharedRedis.url)
      let found = Recorder<Bool>()
      let scripts = LimiterScripts { name, text in
        guard name == file else { return text }
        found.record(text.contains(find))
        return text.replacing(find, with: replacement)
      }
      #expect(found.elements == [true], "the text stands in the script")
      let limiters = try (0..<2).map { _ in
        HistoryPlayer.Reached(
          limiter: try Limiter(
            domain.settings(), scripts: scripts, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: .quiet))
      }
      let tally = try await withAll(limiters) { () async throws -> Tally? in
        // Slots that are never free are found by their waiting.
        do {
          return try await judge(
            60, over: limiters, purpose: "linearizability, mistake in \(file)", restsWithin: .seconds(2))
        } catch is DidNotHappen { return nil }
      }
      #expect(tally?.violations.isEmpty != true)
    }

    /// Runs all limiters while `body` does.
    private func withAll<Result: Sendable>(
      _ limiters: [HistoryPlayer.Reached], _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
      guard let first = limiters.first else { return try await body() }
      return try await first.limiter.withRunning { try await withAll(Array(limiters.dropFirst()), body) }
    }
  }
}
