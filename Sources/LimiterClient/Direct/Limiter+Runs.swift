package import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  package func runs() async throws -> [RunUsage] {
    do {
      return try await eventLoop.flatSubmit { [client, settings] in
        RunScan(KeyScan(client, deadline: .now() + TimeAmount(settings.patience)), settings.policy).usages()
      }.get()
    } catch {
      throw LimiterError.translate(error, asked: .view)
    }
  }
}
