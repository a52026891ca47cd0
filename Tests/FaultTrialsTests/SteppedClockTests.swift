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
        func difference() async throws -> Int64 {
          async let one = RedisAdmin(url: stepped.socketURL).send("TIME").array?.first?.int ?? 0
          async let other = RedisAdmin(url: plain.socketURL).send("TIME").array?.first?.int ?? 0
          return try await one - other
        }
        for offset in [0, 100, -50, 0] as [Int64] {
          try clock.step(to: .seconds(offset))
          #expect(abs(try await difference() - offset) <= 1)
        }
      }
    }
  }
}
