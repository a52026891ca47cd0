import Foundation
import Hiredis
import PrivateRedis
import RedisClient

// What is done to Redis.
extension TrialWorld {
  func pauseRedis(_ time: Duration) async throws {
    try redis.pause()
    try await Task.sleep(for: time)
    try redis.resume()
  }

  func killRedis(down: Duration) async throws {
    await redis.kill()
    try await Task.sleep(for: down)
    try await redis.restart()
  }

  func repeatedly(_ times: Int, _ words: [CommandArgument]) async throws {
    try await admin.visit { client in
      for _ in 0..<times {
        _ = try await client.send(words)
        try await Task.sleep(for: .milliseconds(40))
      }
    }
  }

  /// What the primary does in the time that is lost, the replica never hears of.
  func failOver(lost: Duration) async throws {
    guard let replica else { throw TrialError("this trial has no replica") }
    let promoted = RedisAdmin(url: replica.socketURL)
    try await promoted.send("REPLICAOF", "NO", "ONE")
    try await Task.sleep(for: lost)
    await redis.kill()
    redisProxy.retarget(.unix(replica.socketPath))
    redisProxy.cut()
    former = redis
    (redis, self.replica) = (replica, nil)
  }

  func stepClock(_ milliseconds: Int) throws {
    guard let clock else { throw TrialError("this trial's Redis has the host's clock") }
    clockOffset += .milliseconds(milliseconds)
    try clock.step(to: clockOffset)
  }

  func fillDisk(_ time: Duration) async throws {
    guard let disk else { throw TrialError("this trial's Redis has a disk that is too large to be filled") }
    let file = "\(disk)/ballast"
    // Until the file system says no.
    let handle = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard handle >= 0 else { throw TrialError("could not write \(file)") }
    for size in [1 << 20, 4_096, 1] {
      let zeros = [UInt8](repeating: 0, count: size)
      while write(handle, zeros, zeros.count) > 0 {}
    }
    Glibc.close(handle)
    try await Task.sleep(for: time)
    try FileManager.default.removeItem(atPath: file)
  }

  // MARK: Errors

  func answer(_ error: Fault.ErrorReply, _ time: Duration) async throws {
    switch error {
    case .outOfMemory:
      try await setting(["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], time)
    case .readOnly:
      // The primary is a port where nobody is: it stays a replica all the same, and keeps its data.
      try await setting(["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], time)
    case .noPermission:
      try await setting(
        ["ACL", "SETUSER", "default", "-evalsha", "-eval"], ["ACL", "SETUSER", "default", "+@all"], time)
    case .tooManyClients: try await refuseClients(time)
    case .loading: try await load(time)
    case .busy: try await busy(time)
    case .misconfigured: try await misconfigure(time)
    }
  }

  private func setting(_ words: [CommandArgument], _ back: [CommandArgument], _ time: Duration) async throws {
    try await admin.visit { client in
      _ = try await client.send(words)
      try await Task.sleep(for: time)
      _ = try await client.send(back)
    }
  }

  private func refuseClients(_ time: Duration) async throws {
    try await admin.visit { client in
      _ = try await client.send(["CONFIG", "SET", "maxclients", "1"])
      _ = try await client.send(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
      _ = try await client.send(["CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes"])
      try await Task.sleep(for: time)
      _ = try await client.send(["CONFIG", "SET", "maxclients", "10000"])
    }
  }

  /// Its own file is read again, slowly.
  private func load(_ time: Duration) async throws {
    try await admin.visit { client in
      // A command in the file has about so many bytes.
      let bytes = try await client.send(["INFO", "persistence"]).string?.number(after: "aof_current_size:") ?? 0
      let delay = max(1, Int(time / .microseconds(1)) / max(bytes / 80, 1))
      _ = try await client.send(["CONFIG", "SET", "key-load-delay", .init("\(delay)")])
      _ = try await client.send(["DEBUG", "LOADAOF"])
      _ = try await client.send(["CONFIG", "SET", "key-load-delay", "0"])
    }
  }

  private func busy(_ time: Duration) async throws {
    let admin = admin
    // A connection from before: a new one would wait for the script's end.
    try await admin.visit { client in
      async let looping: Void = {
        // It ends with an error: it was killed.
        _ = try? await admin.send("EVAL", "while true do end", "0")
      }()
      try await Task.sleep(for: time)
      try await waitUntil("the script is killed", within: .seconds(10)) {
        (try? await client.send(["SCRIPT", "KILL"])) != nil
      }
      _ = await looping
    }
  }

  /// A folder in the way of the snapshot's file.
  private func misconfigure(_ time: Duration) async throws {
    let obstacle = redis.directory + "/dump.rdb"
    try? FileManager.default.removeItem(atPath: obstacle)
    try FileManager.default.createDirectory(atPath: obstacle + "/x", withIntermediateDirectories: true)
    try await admin.visit { client in
      _ = try await client.send(["CONFIG", "SET", "save", "3600 1000000000"])
      _ = try await client.send(["BGSAVE"])
      try await waitUntil("a snapshot has failed", within: .seconds(10)) {
        try await client.send(["INFO", "persistence"]).string?.contains("rdb_last_bgsave_status:err") == true
      }
      try await Task.sleep(for: time)
      _ = try await client.send(["CONFIG", "SET", "save", ""])
    }
    try FileManager.default.removeItem(atPath: obstacle)
  }
}

extension String {
  fileprivate func number(after field: String) -> Int? {
    range(of: field).flatMap { Int(self[$0.upperBound...].prefix { $0.isNumber }) }
  }
}
