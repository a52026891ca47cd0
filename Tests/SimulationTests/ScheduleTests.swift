import Testing

@testable import Simulation

@Suite struct ScheduleTests {
  private func trace(_ calls: [(at: Int64, input: Int64, output: Int64)]) throws -> Trace {
    try Trace(calls.map { TraceCall(atMicroseconds: $0.at, inputTokens: $0.input, outputTokens: $0.output) })
  }

  private let limits = SimulationLimits(windows: [
    WindowRule(unit: .requests, amount: 600, length: .seconds(10)),
    WindowRule(unit: .tokens, amount: 700_000, length: .seconds(10)),
  ])

  private func schedule(
    _ trace: Trace, _ limits: SimulationLimits, load: Double = 1.3, seconds: Int = 60, headroomPerMille: Int64 = 1_000,
    seed: UInt64 = 1
  ) throws -> Schedule {
    try Schedule.make(
      trace: trace, limits: limits, load: load, duration: .seconds(seconds), headroomPerMille: headroomPerMille,
      seed: seed)
  }

  @Test func `offers load times what the binding limit admits, over the whole duration`() throws {
    let schedule = try schedule(try SyntheticTrace.make(seed: 3), limits)
    #expect(schedule.binding.unit == .tokens)
    let target = 1.3 * 700_000 * 6
    #expect(Double(schedule.offered) >= target)
    #expect(Double(schedule.offered) < target + 21_000)
    let times = schedule.calls.map(\.atMicroseconds)
    #expect(times == times.sorted())
    #expect(times.first == 0)
    #expect(try #require(times.last) < 60_000_000)
    #expect(try #require(times.last) > 59_000_000)
  }

  @Test func `the binding limit is the one that the trace uses up first`() throws {
    let small = try trace((0..<100).map { (Int64($0) * 1_000, 100, 10) })
    #expect(try schedule(small, limits).binding.unit == .requests)
    let large = try trace((0..<100).map { (Int64($0) * 1_000, 5_000, 10) })
    #expect(try schedule(large, limits).binding.unit == .tokens)
    // A longer window with the same rate binds no later; one with a smaller rate first.
    let longer = SimulationLimits(windows: [
      WindowRule(unit: .inputTokens, amount: 1_000_000, length: .seconds(10)),
      WindowRule(unit: .outputTokens, amount: 1_000, length: .seconds(60)),
    ])
    #expect(try schedule(large, longer).binding.unit == .outputTokens)
  }

  @Test func `a run that is shorter than the window is offered load times one window`() throws {
    let day = SimulationLimits(windows: [
      WindowRule(unit: .requests, amount: 100, length: .seconds(86_400)),
      // Less at a steady rate, and more in six seconds.
      WindowRule(unit: .inputTokens, amount: 2_000_000, length: .seconds(86_400 * 31)),
    ])
    let small = try trace((0..<100).map { (Int64($0) * 1_000, 1_000, 10) })
    let schedule = try schedule(small, day, seconds: 6)
    #expect(schedule.binding.unit == .requests)
    #expect(schedule.calls.count == 130)
  }

  @Test func `a sparse trace that begins again very often is stretched all the same`() throws {
    let year: Int64 = 365 * 86_400 * 1_000_000
    let sparse = try trace([(0, 10, 0), (year, 10, 0)])
    let many = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 1_000_000, length: .seconds(60))])
    let schedule = try schedule(sparse, many)
    #expect(schedule.calls.count == 1_300_000)
    #expect(try #require(schedule.calls.last).atMicroseconds < 60_000_000)
    #expect(zip(schedule.calls, schedule.calls.dropFirst()).allSatisfy { $0.atMicroseconds <= $1.atMicroseconds })
  }

  @Test func `a small share of a small limit still admits one call`() throws {
    let small = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 3, length: .seconds(1))])
    #expect(try schedule(try trace([(0, 10, 0)]), small, headroomPerMille: 300).skipped == 0)
  }

  @Test func `bursts stay bursts`() throws {
    let bursty = (0..<60).map { (number: Int64) -> Int64 in number / 10 * 10_000_000 + number % 10 }
    let bursts = try trace(bursty.map { (at: $0, input: 1_000, output: 0) })
    let limits = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 6, length: .seconds(6))])
    let times = try schedule(bursts, limits, load: 1, seconds: 6, seed: 0).calls.map(\.atMicroseconds)
    // Six calls in six seconds, at ten times the trace's speed: all of one burst or of two.
    let together = zip(times, times.dropFirst()).count { $1 - $0 < 10 }
    #expect(together >= 4)
  }

  @Test func `a short trace begins again, and goes on in time`() throws {
    let short = try trace([(0, 1_000, 0), (100, 2_000, 0), (300, 3_000, 0)])
    let schedule = try schedule(short, limits)
    #expect(schedule.calls.count > 1_000)
    #expect(zip(schedule.calls, schedule.calls.dropFirst()).allSatisfy { $0.atMicroseconds < $1.atMicroseconds })
  }

  @Test func `calls that no empty window admits are left out and counted`() throws {
    let mixed = try trace([(0, 1_000, 0), (100, 900_000, 0), (200, 1_000, 0)])
    let all = try schedule(mixed, limits, seconds: 10)
    #expect(all.skipped > 0)
    #expect(all.calls.allSatisfy { $0.inputTokens == 1_000 })
    // Headroom makes the window smaller: what fits into 700,000 may not fit into 0.8 of it.
    let large = try trace([(0, 1_000, 0), (100, 600_000, 0)])
    #expect(try schedule(large, limits, seconds: 10).skipped == 0)
    #expect(try schedule(large, limits, seconds: 10, headroomPerMille: 800).skipped > 0)
  }

  @Test func `nothing that fits, nothing that binds and too much are errors that say what to do`() throws {
    let huge = try trace([(0, 900_000, 0)])
    let none = #expect(throws: SimulationError.self) { try schedule(huge, limits) }
    #expect(none?.message.contains("raise the limits") == true)
    let unbound = #expect(throws: SimulationError.self) {
      try schedule(huge, SimulationLimits(windows: [], concurrency: 5))
    }
    #expect(unbound?.message.contains("--limit requests=300/10s") == true)
    let many = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 1_000_000_000, length: .seconds(1))])
    let tooMany = #expect(throws: SimulationError.self) { try schedule(try trace([(0, 1, 1)]), many) }
    #expect(tooMany?.message.contains("2000000 calls") == true)
  }

  @Test func `the seed says where to begin, and the same seed gives the same`() throws {
    let trace = try SyntheticTrace.make(seed: 1)
    #expect(try schedule(trace, limits, seed: 5) == schedule(trace, limits, seed: 5))
    #expect(try schedule(trace, limits, seed: 5) != schedule(trace, limits, seed: 6))
  }
}
