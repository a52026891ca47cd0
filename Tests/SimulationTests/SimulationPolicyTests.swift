import LimiterCore
import Oracle
import Testing

@testable import Simulation

/// The oracle's amounts are computed apart from the limiter's, and have to be the same.
@Suite struct SimulationPolicyTests {
  @Test(
    arguments: [1, 2, 3, 10, 999, 700_000, 9_007_199_254_740_991] as [Int64], [1, 29, 300, 700, 999, 1_000] as [Int64])
  func `the oracle expects what the limiter keeps to`(_ amount: Int64, _ headroom: Int64) throws {
    let policy = SimulationPolicy(
      domain: "d", model: try SimulatedModel(name: "gpt-4o"),
      limits: SimulationLimits(windows: [WindowRule(unit: .requests, amount: amount, length: .seconds(1))]),
      budget: nil, headroomPerMille: headroom, guardMicroseconds: 250_000)
    let resolver = PolicyResolver(policy: policy.policy) { _, _ in .lifetime }
    let request = AdmissionRequest(model: "gpt-4o", inputTokens: 1, run: SimulationPolicy.run)
    let need = try #require(resolver.resolve(request, at: ServerTime(microseconds: 0)).first)
    let kept = try #require(policy.oracleLimits.windows["requests"])
    #expect(need.limit.allowance == .window(amount: kept.amount, length: kept.lengthMicroseconds))
    #expect(policy.grantRules.map(\.amount) == [kept.amount])
    #expect(policy.grantRules.map(\.lengthMicroseconds) == [kept.lengthMicroseconds])
    #expect(policy.providerRules.map(\.amount) == [amount])
  }
}
