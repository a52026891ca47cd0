import Testing

@testable import Resilience

@Suite struct CircuitBreakerTests {
  private func ticket(_ breaker: inout CircuitBreaker, at now: Int64) throws -> CircuitBreaker.Ticket {
    guard case .clear(let ticket) = breaker.admit(at: now) else {
      throw CallFailure(.denied, message: "cooling at \(now)")
    }
    return ticket
  }

  private func isOpen(_ breaker: inout CircuitBreaker, at now: Int64) -> Bool {
    if case .cooling = breaker.admit(at: now) { true } else { false }
  }

  @Test func fiveFailuresInARowOpenItAndOneSuccessBeginsAnew() throws {
    var breaker = CircuitBreaker()
    for round in 0..<2 {
      for _ in 0..<4 { breaker.failed(try ticket(&breaker, at: 0), CallFailure(.transient), at: 0) }
      #expect(!isOpen(&breaker, at: 0))
      if round == 0 { breaker.succeeded(try ticket(&breaker, at: 0), at: 0) }
    }
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.transient), at: 0)
    #expect(breaker.admit(at: 59_999_999) == .cooling(until: 60_000_000, .transient))
    #expect(!isOpen(&breaker, at: 60_000_000))
  }

  @Test func `what makes no sense is taken for the nearest that does, also where it is set later`() throws {
    var policy = CooldownPolicy()
    (policy.consecutive, policy.probes, policy.leastCalls) = (0, 0, 0)
    (policy.longest, policy.window) = (.seconds(1), .seconds(-1))
    #expect(policy.bounded.longest == policy.base)
    var breaker = CircuitBreaker(policy)
    breaker.succeeded(try ticket(&breaker, at: 0), at: 0)
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.transient), at: 0)
    #expect(breaker.admit(at: 59_999_999) == .cooling(until: 60_000_000, .transient), "not below its base")
    #expect(try ticket(&breaker, at: 60_000_000).isProbe)
    // The order in which they are set does not matter.
    policy.base = .milliseconds(500)
    #expect(policy.bounded.longest == .seconds(1))
  }

  @Test(arguments: [
    (CallFailure(.rateLimited, hint: .seconds(7)), CooldownVerdict.hint(.seconds(7))),
    (CallFailure(.overloaded, hint: .seconds(7)), .hint(.seconds(7))),
    (CallFailure(.rateLimited, hint: .zero), .counts), (CallFailure(.transient), .counts),
    (CallFailure(.quotaExhausted, hint: .seconds(7)), .time(.seconds(300))),
    (CallFailure(.quotaExhausted, hint: .seconds(900)), .time(.seconds(900))),
    (CallFailure(.authOrConfiguration, hint: .seconds(7)), .untilChanged),
    (CallFailure(.callerError, hint: .seconds(7)), .nothing),
  ])
  func `a failure means one thing to whoever keeps cooldowns`(_ failure: CallFailure, _ verdict: CooldownVerdict) {
    #expect(failure.cooldownVerdict == verdict)
    var own = failure
    own.isOwnCooldown = true
    #expect(own.cooldownVerdict == .nothing)
  }

  @Test func halfOfTwentyInThirtySecondsOpenIt() throws {
    var breaker = CircuitBreaker(CooldownPolicy(consecutive: 100))
    for call in 0..<19 {
      let ticket = try ticket(&breaker, at: Int64(call))
      if call % 2 == 0 {
        breaker.failed(ticket, CallFailure(.overloaded), at: Int64(call))
      } else {
        breaker.succeeded(ticket, at: Int64(call))
      }
    }
    #expect(!isOpen(&breaker, at: 20))
    // Long ago they would not count.
    var old = breaker
    old.failed(try ticket(&old, at: 31_000_000), CallFailure(.overloaded), at: 31_000_000)
    #expect(!isOpen(&old, at: 31_000_000))
    breaker.failed(try ticket(&breaker, at: 20), CallFailure(.overloaded), at: 20)
    #expect(isOpen(&breaker, at: 21))
  }

  @Test func aHintOpensItAtOnceAndALongerOneIsNeverShortened() throws {
    var breaker = CircuitBreaker()
    let (first, second, third) = (try ticket(&breaker, at: 0), try ticket(&breaker, at: 0), try ticket(&breaker, at: 0))
    breaker.failed(first, CallFailure(.rateLimited, hint: .seconds(20)), at: 0)
    breaker.failed(second, CallFailure(.rateLimited, hint: .seconds(2)), at: 1)
    #expect(breaker.admit(at: 19_000_000) == .cooling(until: 20_000_000, .rateLimited))
    breaker.failed(third, CallFailure(.rateLimited, hint: .seconds(30)), at: 2)
    #expect(breaker.admit(at: 20_000_000) == .cooling(until: 30_000_002, .rateLimited))
  }

  @Test func oneProbeAtATimeShowsIfItIsBack() throws {
    var breaker = CircuitBreaker()
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.overloaded, hint: .seconds(1)), at: 0)
    let probe = try ticket(&breaker, at: 1_000_000)
    #expect(probe.isProbe)
    #expect(isOpen(&breaker, at: 1_000_001), "not stampeded")
    breaker.failed(probe, CallFailure(.transient), at: 2_000_000)
    // Twice as long the second time.
    #expect(isOpen(&breaker, at: 121_999_999))
    let second = try ticket(&breaker, at: 122_000_000)
    breaker.succeeded(second, at: 122_000_001)
    for _ in 0..<10 { #expect(try !ticket(&breaker, at: 122_000_002).isProbe) }
  }

  @Test func afterARateLimitsHintAllMayCome() throws {
    var breaker = CircuitBreaker()
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.rateLimited, hint: .seconds(1)), at: 0)
    #expect(breaker.cooling(at: 999_999)?.until == 1_000_000)
    #expect(breaker.cooling(at: 1_000_000) == nil)
    for _ in 0..<10 { #expect(try !ticket(&breaker, at: 1_000_000).isProbe) }
  }

  @Test func aProbeThatDiesOrIsCancelledGivesItsPlaceBack() throws {
    var breaker = CircuitBreaker()
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.overloaded, hint: .seconds(1)), at: 0)
    _ = try ticket(&breaker, at: 1_000_000)
    #expect(isOpen(&breaker, at: 60_999_999))
    let next = try ticket(&breaker, at: 61_000_000)
    #expect(next.isProbe)
    breaker.abandoned(next)
    #expect(try ticket(&breaker, at: 61_000_001).isProbe)
  }

  @Test func aResultOfAnotherGenerationCountsNothing() throws {
    var breaker = CircuitBreaker()
    let old = try ticket(&breaker, at: 0)
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.overloaded, hint: .seconds(1)), at: 0)
    breaker.succeeded(old, at: 1)
    #expect(isOpen(&breaker, at: 2), "who began before it was opened shows nothing")
    let probe = try ticket(&breaker, at: 1_000_000)
    breaker.succeeded(probe, at: 1_000_001)
    for _ in 0..<9 { breaker.failed(old, CallFailure(.transient), at: 1_000_002) }
    #expect(!isOpen(&breaker, at: 1_000_003))
  }

  @Test(arguments: [ErrorClass.callerError, .contextTooLong, .contentPolicy, .denied, .overBudget])
  func whatSaysNothingOfTheModelCountsNothing(_ errorClass: ErrorClass) throws {
    var breaker = CircuitBreaker()
    for _ in 0..<50 { breaker.failed(try ticket(&breaker, at: 0), CallFailure(errorClass), at: 0) }
    #expect(!isOpen(&breaker, at: 0))
  }

  @Test func aSpentQuotaOpensItForLong() throws {
    var breaker = CircuitBreaker()
    breaker.failed(try ticket(&breaker, at: 0), CallFailure(.quotaExhausted), at: 0)
    #expect(isOpen(&breaker, at: 299_999_999))
    breaker.clear()
    #expect(!isOpen(&breaker, at: 1))
  }

  @Test func attemptsThatFailCountBeforeTheirCallEnds() {
    var breaker = CircuitBreaker()
    for _ in 0..<4 { breaker.told(CallFailure(.overloaded), at: 0) }
    breaker.told(CallFailure(.denied), at: 0)
    #expect(!isOpen(&breaker, at: 0))
    breaker.told(CallFailure(.overloaded), at: 0)
    #expect(isOpen(&breaker, at: 0))
    // Half open, another one's attempt says nothing.
    breaker.told(CallFailure(.overloaded), at: 60_000_000)
    #expect(!isOpen(&breaker, at: 60_000_000))
  }

  @Test func thatItIsLeftAloneSaysNothingNewOfAModel() throws {
    var breaker = CircuitBreaker()
    let ticket = try ticket(&breaker, at: 0)
    breaker.told(CallFailure(.rateLimited, hint: .seconds(2)), at: 0)
    var own = CallFailure(.rateLimited, hint: .seconds(2))
    own.isOwnCooldown = true
    breaker.told(own, at: 1_000)
    breaker.failed(ticket, own, at: 1_000)
    #expect(breaker.cooling(at: 1_000)?.until == 2_000_000)
  }
}
