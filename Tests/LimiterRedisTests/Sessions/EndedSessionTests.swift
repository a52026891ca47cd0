import LimiterCore
import LimiterRedis
import Testing

@Suite struct EndedSessionTests {
  @Test func aKeyInTheWayOfOneSessionIsNotTheTroubleOfOthers_andNothingIsLost() async throws {
    let scripts = ModelScripts.make()
    let problem = try await withModelRedis(scripts) {
      try await EndedSessionProbe.problem(of: RedisModel($0, scripts: scripts))
    }
    #expect(problem == nil, "\(problem ?? "")")
  }

  @Test func whoStoodBehindTheCallOfADeadProcessIsWoken() async throws {
    let scripts = ModelScripts.make()
    let problem = try await withModelRedis(scripts) {
      try await DeadWaiterProbe.problem(of: RedisModel($0, scripts: scripts))
    }
    #expect(problem == nil, "\(problem ?? "")")
  }

  /// I4: others may have its slots already.
  @Test func whatIsOverIsNotRenewed() async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      let (start, length) = (EndedSessionProbe.start, EndedSessionProbe.length)
      _ = try await model.perform(.open(session: "s", timeToLive: length), at: start)
      #expect(
        try await model.perform(.renew(session: "s", timeToLive: length), at: start + length - 2)
          == .session(alive: true))
      let end = start + 2 * length - 2
      let batch = AcquireBatch(
        session: "s", lane: "m", operation: 1, notAfter: ServerTime(microseconds: end + 1_000),
        limits: [EndedSessionProbe.slots],
        requests: [AcquireBatch.Request(hold: 1, needs: [AcquireBatch.Need(limit: 0, amount: 1)])])
      let over = ModelAnswer.acquired(.noSession(now: ServerTime(microseconds: end)))
      #expect(try await model.perform(.acquire(batch), at: end) == over)
      #expect(try await model.perform(.renew(session: "s", timeToLive: length), at: end) == .session(alive: false))
      #expect(try await model.perform(.acquire(batch), at: end) == over)
      try await model.removeAll()
    }
  }
}
