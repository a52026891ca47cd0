import Foundation
import PrivateRedis

/// A Redis for the naive script, one for limiterd, and limiterd.
struct SidecarWorld: Sendable {
  let naive: PrivateRedisServer
  let redis: PrivateRedisServer
  let limiterd: ChildProcess
  let folder: GuardedDirectory

  var socket: String { folder.path + "/limiterd.sock" }

  /// Limits that nothing in the measurement fills.
  private static let policy = """
    domain: bench
    headroom: 1.0
    guard: 0ms
    models:
      hot: {provider: bench, limits: {tokens: 9000000000000/10m}}
      one: {provider: bench, limits: {concurrency: 1}}
      full:
        provider: bench
        settle: actual
        price: {input: "1", output: "1"}
        limits: {requests: 9000000000000/10m, tokens: 9000000000000/10m, concurrency: 1000000}
    limits:
      day: {models: [full], budget: 9000000 USD/day}
      run: {models: [full], per: run, budget: 9000000 USD}
    """

  static func start() async throws -> SidecarWorld {
    // It works in it, so that it does not outlive us, however we end.
    let folder = try GuardedDirectory(named: "bench", ending: program("limiterd"))
    let naive = try await PrivateRedisServer.start(PrivateRedisConfiguration(appendOnly: false))
    do {
      let redis = try await PrivateRedisServer.start(PrivateRedisConfiguration(appendOnly: false))
      do {
        try policy.write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
        let limiterd = try ChildProcess(
          executable: program("limiterd"),
          arguments: [
            "serve", "--config", folder.path + "/policy.yaml", "--socket", folder.path + "/limiterd.sock", "--redis",
            redis.socketURL,
          ], directory: folder.path, output: folder.path + "/log")
        let world = SidecarWorld(naive: naive, redis: redis, limiterd: limiterd, folder: folder)
        do { try await world.waitUntilItListens() } catch {
          await world.end()
          throw error
        }
        return world
      } catch {
        await redis.stop()
        throw error
      }
    } catch {
      await naive.stop()
      throw error
    }
  }

  private func end() async {
    limiterd.signal(SIGKILL)
    _ = await limiterd.end()
  }

  func stop() async {
    await end()
    await redis.stop()
    await naive.stop()
  }

  private func waitUntilItListens() async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline, limiterd.isRunning {
      let log = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
      if log.contains("connected to Redis") { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    let log = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
    throw BenchError(what: "limiterd does not start: \(log)")
  }

  /// It lies beside this program.
  private static func program(_ name: String) -> String {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: own).deletingLastPathComponent().appending(path: name).path
  }
}
