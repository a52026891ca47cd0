import Foundation
import Hiredis
import PrivateRedis
import RedisClient

extension TrialWorld {
  /// Workers come to the end of what they do.
  func endWorkers() async {
    for worker in workers { worker.signal(SIGTERM) }
    for worker in workers where await !worker.end(within: TrialBounds.workerEnd) {
      troubles.append("worker \(worker.number) did not come to its end")
    }
    workers = []
  }

  /// Waits until no slot is taken; returns how many stay.
  func waitForFreeSlots(within limit: Duration) async throws -> Int {
    let deadline = ContinuousClock.now + limit
    let pattern = CommandArgument("lim:{\(policy.domain)}:slots:*")
    return try await admin.visit { client in
      while true {
        let keys = try await client.send(["KEYS", pattern]).array ?? []
        if keys.isEmpty { return 0 }
        guard ContinuousClock.now < deadline else {
          var left = 0
          for key in keys { left += Int(try await client.send(["HGET", .init(key.string ?? ""), "total"]).int ?? 0) }
          return left
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  /// limiterds close their sessions.
  func endLimiterds() async {
    for limiterd in limiterds + retired { limiterd.process.signal(SIGTERM) }
    for (index, limiterd) in (limiterds + retired).enumerated() {
      let end = await limiterd.process.end(within: TrialBounds.limiterdEnd)
      if end != .exit(0) { troubles.append("limiterd \(index + 1) ended with \(end): \(limiterd.text.suffix(300))") }
    }
    (limiterds, retired) = ([], [])
  }

  /// No call is under way any more.
  func endProvider() async {
    if let provider, await !provider.end() { troubles.append("the provider did not come to its end") }
  }

  /// Ends everything, whatever state it is in. Not cut short by cancellation.
  package func close() async {
    await Task.detached { [self] in await closeAll() }.value
  }

  private func closeAll() async {
    for limiterd in limiterds + retired { limiterd.process.signal(SIGKILL) }
    provider?.process.signal(SIGKILL)
    for worker in workers { await worker.kill() }
    await redisProxy.close()
    for proxy in workerProxies { await proxy.close() }
    for server in [redis, replica, former].compactMap({ $0 }) { await server.stop() }
    if let disk { await SmallDisk.unmount(disk) }
    workersFolder.remove()
    folder.remove()
  }
}
