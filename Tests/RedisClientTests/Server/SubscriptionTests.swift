import Hiredis
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("Subscriptions")
struct SubscriptionTests {
  private func text(_ message: RedisMessage?) -> String? {
    message.map { "\($0.channel): \(String(decoding: $0.payload, as: UTF8.self))" }
  }

  @Test func messagesComeInOrder() async throws {
    let channel = uniqueDomain("channel")
    try await withClient(SharedRedis.url) { client in
      let subscription = try await client.subscribe(to: [channel, channel + "2"])
      try await client.expect(["PUBLISH", .init(channel), "one"], .integer(1))
      try await client.expect(["PUBLISH", .init(channel + "2"), "two"], .integer(1))
      try await client.expect(["PUBLISH", .init(channel), "three"], .integer(1))
      var iterator = subscription.makeAsyncIterator()
      for expected in ["\(channel): one", "\(channel)2: two", "\(channel): three"] {
        let message = try await iterator.next()
        #expect(text(message) == expected)
      }
    }
  }

  @Test func twoSubscribersOfAChannelBothHear() async throws {
    let channel = uniqueDomain("channel")
    try await withClient(SharedRedis.url) { client in
      let one = try await client.subscribe(to: [channel])
      let two = try await client.subscribe(to: [channel])
      try await client.expect(["PUBLISH", .init(channel), "x"], .integer(1))
      for subscription in [one, two] {
        var iterator = subscription.makeAsyncIterator()
        let message = try await iterator.next()
        #expect(text(message) == "\(channel): x")
      }
    }
  }

  @Test func whoIsReleasedIsUnsubscribed() async throws {
    let channel = uniqueDomain("channel")
    try await withClient(SharedRedis.url) { client in
      do {
        let subscription = try await client.subscribe(to: [channel])
        try await client.expect(["PUBSUB", "NUMSUB", .init(channel)], numsub(channel, 1))
        _ = subscription.dropped
      }
      try await eventually("unsubscribed") {
        try await client.send(["PUBSUB", "NUMSUB", .init(channel)]) == numsub(channel, 0)
      }
    }
  }

  private func numsub(_ channel: String, _ count: Int64) -> Reply {
    .array([.bulk(Array(channel.utf8)), .integer(count)])
  }

  @Test func aSlowSubscriberLosesTheOldestAndKnowsHowMany() async throws {
    let channel = uniqueDomain("channel")
    var configuration = try await RedisConfiguration(url: SharedRedis.url)
    configuration.limits.subscriptionBuffer = 10
    try await withClient(configuration) { client in
      let subscription = try await client.subscribe(to: [channel])
      for number in 0..<25 { _ = try await client.send(["PUBLISH", .init(channel), .init("\(number)")]) }
      try await eventually("all have come") { subscription.dropped == 15 }
      var iterator = subscription.makeAsyncIterator()
      let first = try await iterator.next()
      #expect(text(first) == "\(channel): 15")
    }
  }

  @Test func aRestartIsSurvivedAndCounted() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        let subscription = try await client.subscribe(to: ["a", "b"])
        await server.kill()
        try await server.restart()
        try await eventually("subscribed again") {
          (try? await client.send(["PUBLISH", "b", "hello"])) == .integer(1)
        }
        // The old connection died with the server, so the one who heard it is the new one.
        var iterator = subscription.makeAsyncIterator()
        let message = try await iterator.next()
        #expect(text(message) == "b: hello")
        #expect(subscription.interruptions >= 1)
      }
    }
  }

  @Test func aPausedServerIsNoticedThoughNothingIsSent() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.subscriptionPingInterval = .milliseconds(500)
      try await withClient(configuration) { client in
        let subscription = try await client.subscribe(to: ["a"])
        // Alive: pings are answered, and nothing else happens.
        try await eventually("several pings") {
          let statistics = try await client.send(["INFO", "commandstats"]).string ?? ""
          let pings = statistics.firstMatch(of: /cmdstat_ping:calls=(\d+)/).flatMap { Int($0.1) } ?? 0
          return pings >= 3
        }
        #expect(subscription.interruptions == 0)
        try server.pause()
        try await eventually("the silence is noticed") { subscription.interruptions > 0 }
        try server.resume()
        // The first messages may still go to the old connection, whose end Redis has yet to see.
        try await within(.seconds(10), "a message after the pause") {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              while true {
                _ = try? await client.send(["PUBLISH", "a", "x"])
                try await Task.sleep(for: .milliseconds(10))
              }
            }
            for try await message in subscription where message.channel == "a" { break }
            group.cancelAll()
          }
        }
      }
    }
  }

  @Test func aRefusedChannelIsAnErrorAndHarmsNoOther() async throws {
    let user = AccessControl.user("ann", password: "hunter2", channels: ["ours:*"])
    try await withRedis(.init(accessControl: [user, AccessControl.noDefaultUser])) { server in
      try await withClient("\(server.socketURL)?user=ann&password=hunter2") { client in
        let good = try await client.subscribe(to: ["ours:1"])
        let error = await redisError { _ = try await client.subscribe(to: ["ours:2", "theirs"]) }
        #expect(error?.code == .noPermission)
        try await client.expect(["PUBLISH", "ours:2", "x"], .integer(0))
        try await client.expect(["PUBLISH", "ours:1", "x"], .integer(1))
        var iterator = good.makeAsyncIterator()
        let message = try await iterator.next()
        #expect(text(message) == "ours:1: x")
      }
    }
  }

  @Test func theSequenceEndsWithTheClient() async throws {
    let subscription = try await withClient(SharedRedis.url) { try await $0.subscribe(to: [uniqueDomain()]) }
    for try await _ in subscription { Issue.record("there is no message") }
  }

  @Test func afterTheEndOfTheClientSubscribingSaysSo() async throws {
    let client = try await withClient(SharedRedis.url) { client in
      try await client.waitUntilConnected(within: .seconds(20))
      return client
    }
    let error = await redisError { _ = try await client.subscribe(to: [uniqueDomain()]) }
    #expect(error?.code == .stopped, "\(String(describing: error))")
  }

  @Test func withoutARedisSubscribingTimesOutWithTheCause() async throws {
    try await withClient("unix:///tmp/no-such-redis.sock") { client in
      try await eventually("an attempt has failed") { client.state.lastError != nil }
      let error = await redisError { _ = try await client.subscribe(to: ["a"], timeout: .milliseconds(100)) }
      #expect(error?.code == .timeout && (error?.cause as? RedisError)?.code == .noServer)
    }
  }

  @Test func cancellingASubscriberUnsubscribes() async throws {
    let channel = uniqueDomain("channel")
    try await withClient(SharedRedis.url) { client in
      let messages = Recorder<String>()
      let task = Task {
        for try await message in try await client.subscribe(to: [channel]) { messages.record(message.channel) }
      }
      try await eventually("subscribed") { try await client.send(["PUBLISH", .init(channel), "x"]) == .integer(1) }
      _ = try await messages.wait(count: 1)
      task.cancel()
      try await task.value
      try await eventually("unsubscribed") {
        try await client.send(["PUBLISH", .init(channel), "x"]) == .integer(0)
      }
    }
  }

  @Test func onTheEventLoopEachEventIsHeard() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        let events = Recorder<String>()
        let id = try await client.eventLoop.submit {
          client.subscribe(to: ["a"]) { event in
            switch event {
            case .established: events.record("established")
            case .message(let message): events.record(String(decoding: message.payload, as: UTF8.self))
            case .interrupted: events.record("interrupted")
            case .ended: events.record("ended")
            }
          }
        }.get()
        _ = try await events.wait(count: 1)
        _ = try await client.send(["PUBLISH", "a", "one"])
        _ = try await events.wait(count: 2)
        await server.kill()
        try await server.restart()
        let all = try await events.wait(for: "back") { $0.filter { $0 == "established" }.count == 2 }
        #expect(all.prefix(3) == ["established", "one", "interrupted"])
        try await client.eventLoop.submit { if let id { client.unsubscribe(id) } }.get()
        try await eventually("unsubscribed") {
          (try? await client.send(["PUBLISH", "a", "late"])) == .integer(0)
        }
        #expect(!events.elements.contains("late"))
      }
    }
  }
}
