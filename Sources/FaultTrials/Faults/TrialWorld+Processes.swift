import Foundation
import PrivateRedis

// What is done to workers and limiterds.
extension TrialWorld {
  /// - Parameter pause: between two of them.
  func killWorkers(_ count: Int, pause: Duration = .milliseconds(120)) async throws {
    for _ in 0..<count {
      guard let victim = workers.indices.randomElement(using: &random) else { return }
      // Others are killed meanwhile, by the schedule: nobody takes the same one, and no worker is forgotten, who would never be ended.
      let worker = workers.remove(at: victim)
      await worker.kill()
      kills += 1
      workers.append(try startWorker())
      try await Task.sleep(for: pause)
    }
  }

  func stopWorker(_ time: Duration) async throws {
    guard let worker = workers.randomElement(using: &random) else { return }
    worker.signal(SIGSTOP)
    try await Task.sleep(for: time)
    worker.signal(SIGCONT)
  }

  func thunder(_ count: Int) async throws {
    let crowd = try (0..<count).map { _ in
      try startWorker { order in
        (order.callers, order.tenantCallers, order.isOnce) = (1, 0, true)
      }
    }
    for worker in crowd where await !worker.end(within: .seconds(60)) {
      troubles.append("one of \(count) workers that started at once did not come to its end")
    }
  }

  func killLimiterd() async throws {
    let number = Int.random(in: 1...load.limiterds, using: &random)
    let old = limiterds[number - 1]
    old.process.signal(SIGKILL)
    _ = await old.process.end()
    try await startLimiterd(number)
  }

  func upgradeLimiterd() async throws {
    let number = Int.random(in: 1...load.limiterds, using: &random)
    let old = limiterds[number - 1]
    old.process.signal(SIGTERM)
    try await waitUntil("limiterd drains", within: .seconds(10)) {
      !old.process.isRunning || old.text.contains("draining")
    }
    retired.append(old)
    try await startLimiterd(number)
    workerProxies[number - 1].cut()
  }
}
