import LimiterCore
import TestSupport
import Testing

@testable import LimiterClient

extension ClientTests {
  /// Names that are words of the worker protocol.
  @Suite struct WordsAsNamesTests {
    @Test(arguments: ["limits", "price", "valid_for_ms", "degraded"])
    func `a model may be called as a word of the protocol is`(_ model: String) async throws {
      let policy = """
        domain: \(uniqueDomain("names"))
        models: {\(model): {provider: mine, settle: actual, price: {input: 0.001, output: 0.002}}}
        limits: {slots: {concurrency: 1}}
        """
      let limiterd = try await ServedLimiterd(policy: policy, redis: try await SharedRedis.url)
      try await LimiterClient.withClient(.limiterd(socket: limiterd.socket)) { limiter in
        let request = AdmissionRequest(model: model, inputTokens: 10, outputTokens: 10)
        let permit = try await limiter.permit(request)
        #expect(permit.model == model && permit.inputPrice == 1_000_000)
        #expect(permit.reservations.map(\.limit) == [LimitID(rule: "slots")])
        #expect(!permit.isDegraded)
        #expect(try await limiter.denial(request).reason == .concurrency)
        #expect(try await limiter.cancel(permit) == .settled)
      }
      await limiterd.end(15)
    }
  }
}
