package import PrivateRedis

/// Starts a redis-server for `body` and removes it afterwards, whatever happens.
package func withRedis<Result>(
  _ configuration: PrivateRedisConfiguration = .init(), _ body: (PrivateRedisServer) async throws -> Result
) async throws -> Result {
  let server = try await PrivateRedisServer.start(configuration)
  do {
    let result = try await body(server)
    await server.stop()
    return result
  } catch {
    await server.stop()
    throw error
  }
}
