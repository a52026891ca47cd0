import Foundation
import Hiredis
import PrivateRedis
import SeededRandom
import Simulation

/// All processes of one trial.
///
///     workers --> proxy 1 --> limiterd 1 --.
///     workers --> proxy 2 --> limiterd 2 ---+--> proxy --> redis-server  (replica)
///     workers --> provider
package actor TrialWorld {
  let policy: TrialPolicy
  let load: TrialLoad
  let needs: TrialNeeds
  private let programs: TrialPrograms
  private let isSoak: Bool
  /// limiterds work in the one, workers in the other: who works there does not outlive us.
  let folder: GuardedDirectory
  let workersFolder: GuardedDirectory
  var redis: PrivateRedisServer
  var replica: PrivateRedisServer?
  /// The primary that was killed: its file and its log are evidence, and it is ended with us.
  var former: PrivateRedisServer?
  let redisProxy: FaultProxy
  var workerProxies: [FaultProxy] = []
  /// Where calls are made, and the address; `nil`: they are only admitted.
  var provider: TrialProviderProcess?
  private var providerURL: String?
  private let callsProvider: Bool
  var limiterds: [LimiterdProcess] = []
  /// Those that drain.
  var retired: [LimiterdProcess] = []
  var workers: [TrialWorkerProcess] = []
  /// All that there ever were.
  var allWorkers: [TrialWorkerProcess] = []
  var random: SeededGenerator
  var kills = 0
  /// What a limiterd or a worker did that nobody had told it to do.
  var troubles: [String] = []
  var clock: SteppedClock?
  var clockOffset = Duration.zero
  var disk: String?
  private var lives = 0

  var admin: RedisAdmin { RedisAdmin(url: redis.socketURL) }

  /// - Parameters:
  ///   - callsProvider: workers call a provider with each permit.
  ///   - isSoak: nothing that grows with time: no file, and runs without an end.
  package init(
    seed: UInt64, faults: [Fault], load: TrialLoad, programs: TrialPrograms, callsProvider: Bool = false,
    isSoak: Bool = false
  ) async throws {
    self.callsProvider = callsProvider
    var needs = TrialNeeds(faults)
    if isSoak { needs.hasFile = false }
    self.needs = needs
    self.isSoak = isSoak
    self.load = load
    self.programs = programs
    random = SeededGenerator(seed: seed)
    policy = TrialPolicy(domain: "trial-\(seed)", load: load, needs: needs, isSoak: isSoak)
    let folder = try GuardedDirectory(named: "trial", ending: programs.limiterd)
    self.folder = folder
    workersFolder = try GuardedDirectory(named: "trial-workers", ending: programs.worker[0])
    try policy.yaml.write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
    var configuration = Self.redisConfiguration(needs)
    if needs.hasOwnClock {
      let clock = try SteppedClock(file: folder.path + "/clock")
      configuration.environment = try clock.environment(programs: programs)
      self.clock = clock
    }
    if needs.hasSmallDisk {
      let path = workersFolder.path + "/disk"
      try await SmallDisk.mount(at: path, megabytes: 64)
      configuration.storage = .directory(path + "/redis")
      disk = path
    }
    redis = try await PrivateRedisServer.start(configuration)
    if needs.hasReplica {
      var configuration = configuration
      configuration.extraLines.append("replicaof 127.0.0.1 \(redis.port ?? 0)")
      replica = try await PrivateRedisServer.start(configuration)
    }
    redisProxy = try await FaultProxy(at: .tcp(0), to: .unix(redis.socketPath))
  }

  /// `appendfsync no`: what Redis has answered is in the file before its answer, also while the disk is slow.
  private static func redisConfiguration(_ needs: TrialNeeds) -> PrivateRedisConfiguration {
    PrivateRedisConfiguration(
      tcp: needs.hasReplica ? .free : nil, appendOnly: needs.hasFile,
      extraLines: [
        "appendfsync no", "enable-debug-command yes", "busy-reply-threshold 20",
        "loading-process-events-interval-bytes 1024", "repl-diskless-sync-delay 0", "stop-writes-on-bgsave-error yes",
      ])
  }

  /// Starts limiterds and workers.
  package func start() async throws {
    if callsProvider {
      let provider = try TrialProviderProcess(
        executable: programs.limiterd, folder: folder.path, configuration: policy.providerYAML)
      self.provider = provider
      providerURL = try await provider.waitUntilItListens()
    }
    if let replica {
      let admin = RedisAdmin(url: replica.socketURL)
      try await waitUntil("the replica has caught up", within: .seconds(20)) {
        try await admin.send("INFO", "replication").string?.contains("master_link_status:up") == true
      }
    }
    for number in 1...load.limiterds {
      try await startLimiterd(number)
      workerProxies.append(
        try await FaultProxy(
          at: .unix("\(folder.path)/p\(number).sock"), to: .unix(LimiterdProcess.socket(number, in: folder.path))))
    }
    for _ in 0..<load.workers { workers.append(try startWorker()) }
  }

  func startLimiterd(_ number: Int) async throws {
    lives += 1
    guard case .tcp(let port) = redisProxy.place else { return }
    let limiterd = try LimiterdProcess(
      executable: programs.limiterd, folder: folder.path, number: number, life: lives,
      redis: "redis://127.0.0.1:\(port)")
    if limiterds.count < number { limiterds.append(limiterd) } else { limiterds[number - 1] = limiterd }
    try await limiterd.waitUntilItListens()
  }

  /// - Parameter change: of a usual worker's order.
  func startWorker(_ change: (inout WorkerOrder) -> Void = { _ in }) throws -> TrialWorkerProcess {
    let number = allWorkers.count + 1
    var order = WorkerOrder(
      socket: "\(folder.path)/p\((number - 1) % load.limiterds + 1).sock", number: number, seed: random.next() >> 12,
      callers: load.callers, tenantCallers: load.tenantCallers, period: load.period, longestHold: load.longestHold,
      wait: load.wait)
    order.keepsRuns = isSoak
    order.provider = providerURL
    change(&order)
    let worker = try TrialWorkerProcess(program: programs.worker, folder: workersFolder.path, order: order)
    allWorkers.append(worker)
    return worker
  }

  /// A limiterd that ended by itself is started again, as an init system would.
  func reviveLimiterds() async throws {
    for (index, limiterd) in limiterds.enumerated() where !limiterd.process.isRunning {
      troubles.append("limiterd \(index + 1) has ended by itself: \(limiterd.text.suffix(300))")
      try await startLimiterd(index + 1)
    }
  }
}
