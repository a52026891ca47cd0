import Foundation
import Hiredis
import LimiterConfiguration
import LimiterDaemon
import NIOCore
import NIOPosix
import SeededRandom
@testable import PrivateRedis
import RedisClient
import TestSupport
import Testing

@testable import LimiterClient
import LimiterCore

extension ClientTests {
  /// Connections that break, and a limiterd that is killed, drained and started again.
  @Suite struct SidecarFaultTests {
    /// What callers did with their permits, for the accounts.
    private struct Deeds {
      var settled: Int64 = 0
      var abandoned = 0
      var outcomes: [SettleOutcome] = []
    }

    /// Each call takes a permit of 14 nanodollars and ends it in one of three ways.
    private func work(
      _ limiter: LimiterClient, callers: Int, calls: Int, seed: SeededGenerator, cancelling: Bool = false
    ) async throws -> Deeds {
      try await withThrowingTaskGroup(of: Deeds.self) { group in
        for caller in 0..<callers {
          group.addTask {
            var random = SeededGenerator(
              seed: UInt64(caller)
                &+ {
                  var seed = seed; return seed.next()
                }())
            var deeds = Deeds()
            for _ in 0..<calls {
              if cancelling, Int.random(in: 0..<4, using: &random) == 0 {
                try await cancelSoon(limiter, after: .microseconds(Int.random(in: 0...3_000, using: &random)))
              }
              let permit = try await limiter.permit(
                call(priority: Int.random(in: 1...10, using: &random)), waitingUpTo: .seconds(120))
              switch Int.random(in: 0..<4, using: &random) {
              case 0: deeds.outcomes.append(try await limiter.cancel(permit))
              case 1:
                deeds.outcomes.append(try await limiter.abandon(permit))
                deeds.abandoned += 1
              default:
                let used = Int64.random(in: 0...6, using: &random)
                deeds.outcomes.append(try await limiter.settle(permit, Usage(inputTokens: used, outputTokens: 0)))
                deeds.settled += used
              }
            }
            return deeds
          }
        }
        return try await group.reduce(into: Deeds()) { sum, deeds in
          sum.settled += deeds.settled
          sum.abandoned += deeds.abandoned
          sum.outcomes += deeds.outcomes
        }
      }
    }

    /// A call whose caller goes away; a permit that it has by then is given back.
    private func cancelSoon(_ limiter: LimiterClient, after pause: Duration) async throws {
      try await withThrowingTaskGroup(of: Permit?.self) { race in
        race.addTask { try await limiter.acquire(call(), waitingUpTo: .seconds(60)).permit }
        try await Task.sleep(for: pause)
        race.cancelAll()
        do {
          if let permit = try await race.next() ?? nil { try await limiter.cancel(permit) }
        } catch is CancellationError {}
      }
    }

    @Test(arguments: [false, true])
    func answersThatAreLostWithTheirConnectionHaveOneEffectAndNothingIsLost(_ isCancelling: Bool) async throws {
      let purpose = "cut connections, cancelling: \(isCancelling)"
      let seed = SeededGenerator(for: purpose)
      let limits = [TestPolicy.tokens(1_000_000), TestPolicy.slots(10), TestPolicy.runBudget(1_000_000_000)]
      let domain = Domain(limits, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await domain.withDaemon { daemon, socket in
          let proxy = try await CuttingProxy(to: socket, purpose: purpose)
          let deeds = try await LimiterClient.withClient(.limiterd(.test(proxy.socket)), logger: .quiet) { limiter in
            let deeds = try await work(limiter, callers: 40, calls: 25, seed: seed, cancelling: isCancelling)
            proxy.stopCutting()
            try await keys.waitUntilNothingIsHeld()
            return deeds
          }
          print("\(purpose): \(proxy.connections) connections, \(deeds.outcomes.count) permits")
          #expect(proxy.connections > 20)
          #expect(deeds.outcomes.allSatisfy { $0 == .settled }, "\(Set(deeds.outcomes))")
          #expect(try await keys.counter("budget:run:r:all") == deeds.settled + 14 * Int64(deeds.abandoned))
          #expect(try await keys.window("tokens") == deeds.settled + 10 * Int64(deeds.abandoned))
          #expect(try await keys.unsettled().count == deeds.abandoned)
          if !isCancelling {
            // The same answer came again: none was granted a second time.
            #expect(try await info("granted", socket) == deeds.outcomes.count)
          }
          await proxy.close()
        }
      }
    }

    @Test func `a report whose answer is lost is counted once, and its caller hears of it`() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withDaemon { _, socket in
        let proxy = try await CuttingProxy(to: socket, losing: "alert")
        try await LimiterClient.withClient(.limiterd(.test(proxy.socket)), logger: .quiet) { limiter in
          let none = FleetAlarm(fallbacksPerMille: nil)
          let error = try await limiterError { _ = try await limiter.backend.report(["calls": 3], alarm: none) }
          #expect(error.code == .limiterdUnavailable && error.mayHaveRun, "\(error)")
          #expect(try await limiter.fleet().counts == ["calls": 3])
          #expect(try await limiter.backend.report(["calls": 4], alarm: none).counts == ["calls": 7])
        }
        #expect(proxy.connections == 2)
        await proxy.close()
      }
    }

    @Test func `a report that limiterd does not know to be counted may have been, one that it could not send was not`()
      async throws
    {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withDaemon({ $0.patience = .milliseconds(500) }) { _, socket in
          try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .quiet) { limiter in
            func error() async throws -> LimiterError {
              try await limiterError {
                _ = try await limiter.backend.report(["calls": 1], alarm: FleetAlarm(fallbacksPerMille: nil))
              }
            }
            _ = try await limiter.fleet()
            try server.pause()
            let silent = try await error()
            #expect(silent.code == .redisUnavailable && silent.mayHaveRun, "\(silent)")
            await server.kill()
            try await eventually("it cannot be sent") {
              let refused = try await error()
              return refused.code == .redisUnavailable && !refused.mayHaveRun
            }
          }
        }
      }
    }

    @Test(arguments: [true, false])
    func `a turn to try a model whose answer is lost is taken once, and given back once`(_ isTaken: Bool) async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withDaemon { _, socket in
        let proxy = try await CuttingProxy(to: socket, losing: "admission")
        try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .quiet) { other in
          let admit = CooldownCall.admit(probes: 2, lease: 600_000_000)
          let opening = CooldownCall.Opening(
            reason: "overloaded", time: 1, base: 60_000_000, longest: 600_000_000, generation: nil)
          _ = try await other.backend.cooldown(of: "m", .open(opening))
          var state = try await other.cooldown(of: "m")
          try await eventually("the model may be tried") {
            state = try await other.cooldown(of: "m")
            return state.admission == .clear
          }
          #expect(state.generation > 0)
          if !isTaken {
            for _ in 0..<2 { #expect(try await other.backend.cooldown(of: "m", admit).admission == .probe) }
          }
          let asked = isTaken ? admit : .abandoned(generation: state.generation)
          try await LimiterClient.withClient(.limiterd(.test(proxy.socket)), logger: .quiet) { limiter in
            let error = try await limiterError { _ = try await limiter.backend.cooldown(of: "m", asked) }
            #expect(error.code == .limiterdUnavailable && error.mayHaveRun, "\(error)")
          }
          // One place of two is left in both cases.
          #expect(try await other.backend.cooldown(of: "m", admit).admission == .probe)
          #expect(try await other.backend.cooldown(of: "m", admit).admission == .cooling)
        }
        await proxy.close()
      }
    }

    /// One field of limiterd's INFO.
    private func info(_ key: String, _ socket: String) async throws -> Int? {
      let lines = try await ask(socket, "INFO").string?.split(separator: "\r\n")
      return lines?.first { $0.hasPrefix("\(key):") }.flatMap { Int($0.dropFirst(key.count + 1)) }
    }

    @Test func aKilledLimiterdUnderLoadLosesAndDoublesNothing() async throws {
      let seed = SeededGenerator(for: "killed limiterd")
      var domain = Domain([], on: try await SharedRedis.url)
      domain.timeToLive = .seconds(1)
      let url = domain.url
      let served = try await ServedLimiterd(
        domain: domain.name, redis: url,
        limits: ["slots: {concurrency: 10}", "run: {per: run, budget: 1.00 USD}"], timeToLive: "1s")
      try await domain.withKeys { keys in
        let deeds = try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
          async let working = work(limiter, callers: 40, calls: 40, seed: seed)
          for _ in 0..<4 {
            try await Task.sleep(for: .milliseconds(150))
            await served.end(SIGKILL)
            try await served.restart()
          }
          let deeds = try await working
          // Sessions of killed ones are over after a second; who asks ends them.
          try await eventually("the dead hold nothing") {
            try await limiter.cancel(try await limiter.permit(waitingUpTo: .seconds(60)))
            return try await keys.slots("slots") == 0
          }
          return deeds
        }
        try await keys.waitUntilNothingIsHeld()
        let unsettled = try await keys.unsettled().count
        print(
          "killed limiterd: \(deeds.outcomes.count) permits, \(unsettled - deeds.abandoned) lost with their limiterd")
        #expect(!deeds.outcomes.contains(.gone) && !deeds.outcomes.contains(.refused))
        // What was granted by one that died before it could say so is charged as reserved and listed: nothing else is.
        #expect(try await keys.counter("budget:run:r:all") == deeds.settled + 14 * Int64(unsettled))
        #expect(unsettled >= deeds.abandoned)
      }
    }

    @Test func whoWaitsAtALimiterdThatDrainsIsAskedForAtTheNext() async throws {
      let domain = Domain([], on: try await SharedRedis.url)
      let served = try await ServedLimiterd(
        domain: domain.name, redis: domain.url, limits: ["slots: {concurrency: 1}"])
      try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
        let holder = try await limiter.permit()
        async let waiting = limiter.permit(call(), waitingUpTo: .seconds(60))
        try await eventually("it waits") { await limiter.waiting == 1 }
        await served.signal(SIGTERM)
        try await eventually("it drains") { await served.log.contains("draining") }
        // The holder may settle, and the waiter does not hear of it.
        #expect(try await limiter.settle(holder, .unknown) == .settled)
        await served.end(0)
        #expect(await limiter.waiting == 1)
        try await served.restart()
        #expect(try await limiter.settle(try await waiting, .unknown) == .settled)
      }
    }

    @Test func aSessionThatWasTakenOverIsTakenBack() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withDaemon { _, socket in
        try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .quiet) { limiter in
          let permit = try await limiter.permit()
          let sidecar = try #require(limiter.backend as? SidecarLimiter)
          let session = try await sidecar.eventLoop.submit { sidecar.core.value.session }.get()
          let waiting = Task { try await limiter.permit(call(), waitingUpTo: .seconds(60)) }
          let thief = RedisClient(
            configuration: RedisConfiguration(address: .unix(path: socket)), eventLoop: sidecar.eventLoop,
            logger: .quiet)
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await thief.run() }
            _ = try await thief.send(["SESSION", CommandArgument(session), "GRACE", "60000"])
            group.cancelAll()
          }
          #expect(try await limiter.settle(try await waiting.value, .unknown) == .settled)
          #expect(session.hasPrefix("test."), "a person can read whose it is")
          #expect(await limiter.isHeld(permit))
        }
      }
    }

    @Test func aWrongPasswordEndsTheClientAndIsToldToItsCalls() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      let port = try LoopbackPort.free()
      try await domain.withDaemon({ settings in
        settings.server.tcp = .init(host: "127.0.0.1", port: port)
        settings.server.password = "secret"
      }) { _, _ in
        for (url, expected) in [
          ("redis://:wrong@127.0.0.1:\(port)", "does not accept the password"),
          ("redis://127.0.0.1:\(port)", "wants a password"),
        ] {
          let settings = try SidecarSettings(url: url)
          let error = try await limiterError {
            try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
              let error = try await limiterError { _ = try await limiter.acquire(call()) }
              #expect(error.code == .limiterdRefused && error.message.contains(expected), "\(error)")
              #expect(!error.description.contains("wrong@"))
            }
          }
          #expect(error.code == .limiterdRefused)
        }
        let settings = try SidecarSettings(url: "redis://:secret@127.0.0.1:\(port)")
        let outcome = try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
          try await limiter.cancel(try await limiter.permit())
        }
        #expect(outcome == .settled)
      }
    }

    @Test func aPasswordForALimiterdThatHasNoneEndsTheClient() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      let port = try LoopbackPort.free()
      try await domain.withDaemon({ $0.server.tcp = .init(host: "127.0.0.1", port: port) }) { _, _ in
        let settings = try SidecarSettings(url: "redis://:secret@127.0.0.1:\(port)")
        let error = try await limiterError {
          try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
            _ = try await limiter.acquire(call())
          }
        }
        #expect(error.code == .limiterdRefused && "\(error)".contains("Leave the password out"), "\(error)")
      }
    }

    @Test func aCertificateThatIsNotThereIsToldAsAllErrorsAre() async throws {
      let settings = try SidecarSettings(url: "rediss://127.0.0.1:1?ca=/nowhere.pem")
      await #expect(throws: RedisError.self) {
        try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
          let error = try await limiterError { _ = try await limiter.acquire(call()) }
          #expect(error.code == .limiterdUnavailable && "\(error)".contains("/nowhere.pem"), "\(error)")
        }
      }
    }

    @Test func aLimiterdOfAnotherHostIsAskedOverTLS() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      let (port, certificates) = (try LoopbackPort.free(), try await TestCertificates.shared)
      try await domain.withDaemon({ settings in
        settings.server.tcp = .init(host: "127.0.0.1", port: port)
        settings.server.password = "secret"
        settings.server.tls = .init(
          certificate: certificates.serverCertificateFile, key: certificates.serverKeyFile)
      }) { _, _ in
        let settings = try SidecarSettings(
          url: "rediss://:secret@127.0.0.1:\(port)?ca=\(certificates.authorityFile)")
        #expect(settings.grace == .seconds(10))
        let outcome = try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
          try await limiter.settle(try await limiter.permit(), Usage(inputTokens: 1, outputTokens: 1))
        }
        #expect(outcome == .settled)
      }
    }

    @Test func aClientThatEndsAbandonsAtOnceWhatItHoldsHoweverLongItsGrace() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await domain.withDaemon { _, socket in
          try await LimiterClient.withClient(.limiterd(.test(socket, grace: .seconds(600))), logger: .quiet) {
            limiter in
            for _ in 0..<50 { _ = try await limiter.permit() }
            #expect(try await keys.slots("slots") == 50)
          }
          try await keys.waitUntilNothingIsHeld()
          #expect(try await keys.unsettled().count == 50)
        }
      }
    }
  }
}
