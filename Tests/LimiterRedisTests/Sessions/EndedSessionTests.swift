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

  /// A host may die with calls in hundreds of queues: none of them is forgotten, and no call of another host pays for all.
  @Test func aSessionLeavesHundredsOfQueuesInSteps() async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      let (start, long) = (EndedSessionProbe.start, Int64(90_000_000))
      _ = try await model.perform(.open(session: "crowd", timeToLive: 1_000), at: start)
      _ = try await model.perform(.open(session: "other", timeToLive: long), at: start)
      for part in 0..<6 {
        let limits = (0..<100).map { number in
          EffectiveLimit(
            id: LimitID(rule: "t", scope: ["\(part).\(number)"]), allowance: .window(amount: 100, length: 60_000_000))
        }
        for (session, amount) in [("other", Int64(100)), ("crowd", 1)] {
          let batch = AcquireBatch(
            session: session, lane: "m", operation: Int64(part + 1), notAfter: ServerTime(microseconds: start + 1_000),
            limits: limits,
            requests: limits.indices.map {
              AcquireBatch.Request(
                hold: 1, waitsUntil: ServerTime(microseconds: start + long), rank: start + Int64($0),
                isRecorded: false, needs: [AcquireBatch.Need(limit: $0, amount: amount)])
            })
          _ = try await model.perform(.acquire(batch), at: start + 10)
        }
      }
      func queues() async throws -> Int { try await model.allKeys().count { $0.contains(":waiters:") } }
      #expect(try await queues() == 600)
      var left: [Int] = []
      for step in 0..<4 {
        let renew = ModelOperation.renew(session: "other", timeToLive: long)
        #expect(try await model.perform(renew, at: start + 2_000 + Int64(step)) == .session(alive: true))
        left.append(try await queues())
      }
      #expect(left[0] > 0 && left[0] < 600 && left.last == 0, "\(left)")
      #expect(try await model.allKeys().allSatisfy { !$0.hasSuffix(":session:crowd") })
      try await model.removeAll()
    }
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
