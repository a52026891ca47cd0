import Hiredis
import PrivateRedis
import TestSupport
import Testing

@testable import FaultTrials

/// A redis-server whose wall clock is stepped while it runs.
@Suite struct SteppedClockTests {
  @Test func aServersClockStepsAndOthersDoNot() async throws {
    let folder = try GuardedDirectory(named: "clock")
    let clock = try SteppedClock(file: folder.path + "/clock")
    var configuration = PrivateRedisConfiguration(appendOnly: false)
    configuration.environment = try clock.environment(programs: try TestPrograms.find())
    try await withRedis(configuration) { stepped async throws in
      try await withRedis(.init(appendOnly: false)) { plain async throws in
        func seconds(of server: PrivateRedisServer) async throws -> Int64 {
          try await RedisAdmin(url: server.socketURL).send("TIME").array?.first?.int ?? 0
        }
        for offset in [0, 100, -50, 0] as [Int64] {
          try clock.step(to: .seconds(offset))
          // However long it takes to ask: it lies between two answers of the clock that nobody steps.
          let before = try await seconds(of: plain)
          let time = try await seconds(of: stepped) - offset
          #expect(try await (before...seconds(of: plain)).contains(time))
        }
      }
    }
  }
}
