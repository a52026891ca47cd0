import Hiredis
import PrivateRedis
import RedisClient
import SeededRandom
import TestSupport
import Testing

@Suite("Many callers, cancellations, pauses and restarts at once")
struct SoakTests {
  @Test("each reply belongs to its command")
  func soak() async throws {
    var random = SeededGenerator(for: #function)
    try await withRedis(.init(appendOnly: false)) { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.commandTimeout = .milliseconds(400)
      configuration.reconnect.cap = .milliseconds(100)
      let echo = RedisScript(name: "echo", source: "return ARGV[1]")
      let tally = Tally()
      let seeds = (0..<64).map { _ in random.next() }
      try await withClient(configuration) { client in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (caller, seed) in seeds.enumerated() {
            group.addTask { try await call(client, caller, SeededGenerator(seed: seed), echo, tally) }
          }
          group.addTask {
            for round in 0..<3 {
              try await tally.wait(for: 1_000 * (round + 1))
              try server.pause()
              try await Task.sleep(for: .milliseconds(500))
              try server.resume()
              try await tally.wait(for: 1_000 * (round + 1) + 500)
              await server.kill()
              try await server.restart()
            }
            tally.finish()
          }
          try await group.waitForAll()
        }
        try await client.waitUntilConnected(within: .seconds(10))
        try await client.expect(["ECHO", "end"], .bulk(Array("end".utf8)))
      }
      print("soak: \(tally.counts)")
      #expect(tally.counts.answered > 3_000)
      #expect(tally.counts.cancelled > 100)
      #expect(tally.counts.failed > 0)
      #expect(tally.counts.mismatched == 0)
    }
  }

  /// Sends unique words until told to stop; a quarter of the calls is cancelled after a random while.
  private func call(
    _ client: RedisClient, _ caller: Int, _ random: SeededGenerator, _ echo: RedisScript, _ tally: Tally
  ) async throws {
    var random = random
    var number = 0
    while !tally.isFinished {
      number += 1
      let word = "\(caller):\(number)"
      let asScript = Bool.random(using: &random)
      let cancelAfter = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0..<800, using: &random) : nil
      let task = Task {
        asScript
          ? try await client.evaluate(echo, keys: [], arguments: [.init(word)])
          : try await client.send(["ECHO", .init(word)])
      }
      if let cancelAfter {
        try await Task.sleep(for: .microseconds(cancelAfter))
        task.cancel()
      }
      switch await task.result {
      case .success(let reply): tally.answered(isRight: reply == .bulk(Array(word.utf8)))
      case .failure(let error as RedisError) where error.code == .cancelled: tally.cancelled()
      case .failure(let error as RedisError): try tally.failed(error)
      case .failure(let error): throw error
      }
    }
  }
}
