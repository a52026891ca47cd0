import Foundation
import Synchronization

/// A redis-server of one's own: the demo's, the benchmark's, the tests', and the daemon's when no other is configured.
///
/// ```
/// start --> running --stop()--> gone
///             |  ^
///      kill() v  | restart()
///            dead       data, directory and ports are kept
/// ```
///
/// It cannot outlive its owner: whether `stop()` is called, the last reference goes away, or the process is killed with SIGKILL, the
/// server ends, and a temporary directory is removed. Calls of `stop`, `kill` and `restart` of one server come one after the other.
package final class PrivateRedisServer: Sendable {
  private struct State {
    var process: ChildProcess?
    var isStopped = false
  }

  let conf: RedisConf
  private let executable: String
  private let guardian: Guardian
  private let state = Mutex(State())

  /// Starts a server and waits until it answers PING.
  ///
  /// - Throws: ``PrivateRedisError`` with the end of the server's log, or `CancellationError`; nothing is left behind then.
  package static func start(_ configuration: PrivateRedisConfiguration = .init()) async throws -> PrivateRedisServer {
    // Somebody may take a port between our choosing it and the server's binding it.
    let tries = configuration.tcp == .free || configuration.tls?.port == .free ? 5 : 1
    var lastError: any Error = CancellationError()
    for _ in 0..<tries {
      let server = try PrivateRedisServer(configuration, lock: try await lock(for: configuration.storage))
      do {
        try await server.launch()
        return server
      } catch {
        let lostPort = server.conf.logTail().contains("Address already in use")
        await server.stop()
        lastError = error
        guard lostPort else { break }
      }
    }
    throw lastError
  }

  private static func lock(for storage: PrivateRedisConfiguration.Storage) async throws -> FolderLock? {
    storage == .temporary ? nil : try await FolderLock.take(directory(for: storage))
  }

  private init(_ configuration: PrivateRedisConfiguration, lock: FolderLock?) throws(PrivateRedisError) {
    executable = try RedisExecutable.find(configured: configuration.executable)
    guard configuration.password == nil || configuration.accessControl.isEmpty else {
      throw PrivateRedisError(
        .configurationInvalid, "expected a password or ACL lines, both came: put the password into the ACL")
    }
    let directory = Self.directory(for: configuration.storage)
    conf = RedisConf(
      directory: directory, configuration: configuration,
      port: try Self.choose(configuration.tcp), tlsPort: try Self.choose(configuration.tls?.port),
      probePassword: TemporaryFolder.randomName())
    guard conf.socketPath.utf8.count <= Probe.maximumPathLength else {
      throw PrivateRedisError(
        .configurationInvalid,
        "expected a socket path of at most \(Probe.maximumPathLength) bytes; \(conf.socketPath) is longer: choose a shorter directory"
      )
    }
    guardian = try Guardian(
      directory: directory, executable: executable, keepsDirectory: lock != nil, lock: lock)
    if lock == nil { try TemporaryFolder.create(directory) }
    try conf.write()
  }

  /// Ends the server and removes its temporary directory. A second call does nothing. Not cut short by cancellation.
  package func stop() async {
    let process = state.withLock { state in
      state.isStopped = true
      return state.process
    }
    if let process { await end(process) }
    await onOwnThread { [guardian] in guardian.release() }
  }

  /// SIGKILL, and waits until the server is gone. Its data stays; ``restart()`` brings it back.
  package func kill() async {
    guard let process = state.withLock({ $0.process }) else { return }
    process.signal(SIGKILL)
    await onOwnThread { _ = process.waitForEnd() }
  }

  /// Ends the server if it runs, starts it again in the same place, and waits until it answers PING.
  ///
  /// - Throws: as ``start(_:)``; the server is dead then, and its data kept.
  package func restart() async throws {
    if let process = state.withLock({ $0.process }) { await end(process) }
    try await launch()
  }

  /// SIGSTOP: the server keeps its connections and answers nothing.
  package func pause() throws(PrivateRedisError) { try signal(SIGSTOP) }

  /// SIGCONT.
  package func resume() throws(PrivateRedisError) { try signal(SIGCONT) }

  /// Returns when the server has ended, for whatever reason, or the task is cancelled; at once when it does not run.
  package func ended() async {
    guard let process = state.withLock({ $0.process }) else { return }
    let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
    Task.detached {
      _ = await process.end()
      continuation.finish()
    }
    // Ends with the stream, or with the task that waits.
    for await _ in ends {}
  }

  /// The process id of redis-server itself, while it runs.
  package var pid: Int32? {
    state.withLock { state in state.process.flatMap { $0.isRunning ? $0.pid : nil } }
  }

  private func signal(_ number: CInt) throws(PrivateRedisError) {
    guard state.withLock({ $0.process?.signal(number) }) == true else {
      throw PrivateRedisError(.notRunning, "expected a running redis-server, it has ended; call restart() first")
    }
  }

  private func end(_ process: ChildProcess) async {
    let limit = conf.configuration.stopTimeout
    await onOwnThread {
      process.signal(SIGTERM)
      process.signal(SIGCONT)
      if !process.waitForEnd(within: limit) {
        process.signal(SIGKILL)
        _ = process.waitForEnd()
      }
    }
  }
}

extension PrivateRedisServer {
  /// Starts the process and waits until it answers.
  private func launch() async throws {
    try state.withLock { state throws(PrivateRedisError) in
      guard !state.isStopped else {
        throw PrivateRedisError(.notRunning, "the server was stopped and its directory is gone: start another one")
      }
      guard FileManager.default.fileExists(atPath: conf.directory) else {
        throw PrivateRedisError(
          .systemCallFailed,
          "the server's folder \(conf.directory) is gone, and what was kept there with it: start another server")
      }
      // A socket of a killed server would refuse us, and Redis replaces it in any case.
      try? FileManager.default.removeItem(atPath: conf.socketPath)
      state.process = try ChildProcess(
        executable: executable, arguments: [conf.path], environment: conf.configuration.environment,
        directory: conf.directory, output: conf.logPath)
    }
    guard let process = state.withLock({ $0.process }) else { return }
    let isCancelled = Flag()
    try await withTaskCancellationHandler {
      try await onOwnThread { [conf] in try Self.waitUntilReady(process, conf, isCancelled) }
    } onCancel: {
      isCancelled.raise()
    }
  }

  /// Blocks the thread. The pause between two attempts grows to 20 ms: a start takes about that long.
  private static func waitUntilReady(_ process: ChildProcess, _ conf: RedisConf, _ isCancelled: Flag) throws {
    let probe = Probe(socketPath: conf.socketPath, credentials: conf.probeCredentials)
    let limit = conf.configuration.startTimeout
    let deadline = ContinuousClock.now + limit
    var pause = Duration.milliseconds(1)
    var answer = Probe.Answer.silent
    while ContinuousClock.now < deadline {
      if isCancelled.isRaised { throw CancellationError() }
      answer = probe.ask()
      if answer == .ready { return }
      if process.waitForEnd(within: pause) {
        throw PrivateRedisError(
          .startFailed, "redis-server ended while it started. The end of its log:\n\(conf.logTail())")
      }
      pause = min(pause * 2, .milliseconds(20))
    }
    process.signal(SIGKILL)
    throw PrivateRedisError(
      .startFailed,
      "expected redis-server to answer PING within \(limit), its last answer was \(answer). The end of its log:\n\(conf.logTail())"
    )
  }

  private static func directory(for storage: PrivateRedisConfiguration.Storage) -> String {
    switch storage {
    case .directory(let path): URL(filePath: path).standardizedFileURL.path(percentEncoded: false).withoutTrailingSlash
    case .temporary: TemporaryFolder.uniquePath(named: "redis")
    }
  }

  private static func choose(_ port: PrivateRedisConfiguration.Port?) throws(PrivateRedisError) -> Int? {
    switch port {
    case nil: nil
    case .free: try LoopbackPort.free()
    case .number(let number): number
    }
  }
}
