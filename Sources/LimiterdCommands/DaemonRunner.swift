import Foundation
import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterDaemon
import Logging
import NIOPosix
import RedisClient
import UnixSignals

/// Runs a daemon for the command line: its configuration, its Redis, its signals.
struct DaemonRunner: Sendable {
  /// `nil`: the standard policy, which does not change.
  let config: String?
  private let stamp: FileStamp?
  let settings: DaemonSettings
  let embedded: EmbeddedRedis?
  /// What goes before the file.
  private let commandLine: CommandLineServer
  /// What was read at the start.
  private let file: LimiterdConfiguration
  private let logger = Logger(label: "limiterd")
  private let signals: UnixSignalsSequence

  init(_ options: ServeCommand) async throws {
    // The file is about to be read.
    signal(SIGHUP, SIG_IGN)
    config = options.config
    // Before it is read: what changes meanwhile is a change.
    stamp = options.config.flatMap { FileStamp(path: $0) }
    let file =
      try options.config.map { path throws(PolicyError) in try PolicyFile.readAll(path: path) } ?? PolicyFile.standard()
    self.file = file
    commandLine = CommandLineServer(options)
    var server = commandLine.server(over: file.server)
    server.password = try server.passwordSource.map { try SecretReader.read($0, for: "server") }
    let paths = DefaultPaths(state: options.state)
    server.socket = server.socket ?? paths.socket
    // From here on, signals are ours, and obeyed by `run`; not while files are read, which may be pipes that nobody writes to.
    signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm, .sighup])
    var redis: RedisConfiguration
    if let named = try RedisConfiguration.named(by: options.redis, or: file.redis) {
      redis = named
      embedded = nil
    } else {
      let server = try await EmbeddedRedis.startUnlessEnded(folder: paths.state + "/redis", logger: logger)
      redis = try RedisConfiguration(url: server.url)
      embedded = server
    }
    redis.clientName = redis.clientName ?? "limiterd"
    // Besides the connections: Redis, the listeners, logs.
    let files = ProcessFacts.raiseFileLimit() - DaemonBounds.otherFiles
    let httpFiles = server.http == nil ? 0 : max(1, min(HTTPBounds.connections, files / 4))
    server.maximumConnections = max(1, min(server.maximumConnections, files - httpFiles))
    var settings = DaemonSettings(policy: file.policy, server: server, redis: redis)
    settings.httpConnections = httpFiles
    settings.alerts = file.alerts
    self.settings = settings
  }

  /// Until a signal, or until Redis refuses the first connection.
  func run() async throws {
    let notifier = SystemdNotifier()
    // One that is asked for while another one is under way comes after it; more are the same.
    let (reloads, reload) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let result: Result<Void, any Error>
    do {
      let daemon = try await Daemon.make(
        settings, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: logger)
      // Not one of the group's: whatever a reload waits for, a signal to end is heard, and nobody waits with it.
      let reloading = Task { for await _ in reloads { await self.reload(daemon, notifier) } }
      defer { reloading.cancel() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await obey(daemon, notifier, reload) }
        group.addTask { await watch(reload) }
        if let embedded { group.addTask { try await embedded.supervise() } }
        defer { group.cancelAll() }
        try await daemon.run { port in
          announce(port: port, httpPort: daemon.httpPort)
          notifier.send("READY=1\nSTATUS=listening at \(settings.server.socket ?? "")")
        }
      }
      result = .success(())
    } catch { result = .failure(error) }
    notifier.send("STOPPING=1")
    await embedded?.stop()
    try result.get()
  }

  private func obey(
    _ daemon: Daemon, _ notifier: SystemdNotifier, _ reload: AsyncStream<Void>.Continuation
  ) async {
    var isDraining = false
    for await signal in signals {
      switch signal {
      case .sighup: reload.yield()
      default:
        if isDraining { return daemon.stop() }
        isDraining = true
        logger.notice("draining: no new admissions", metadata: ["signal": "\(signal)"])
        daemon.drain()
        notifier.send("STOPPING=1")
      }
    }
  }

  /// A changed file is read again.
  private func watch(_ reload: AsyncStream<Void>.Continuation) async {
    guard let config else { return }
    var seen = stamp
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
      let now = FileStamp(path: config)
      // While it is being replaced, there may be no file.
      guard let now, now != seen else { continue }
      seen = now
      reload.yield()
    }
  }

  private func reload(_ daemon: Daemon, _ notifier: SystemdNotifier) async {
    guard let config else { return logger.notice("there is no policy's file to read again") }
    notifier.send("RELOADING=1\nMONOTONIC_USEC=\(SystemdNotifier.monotonicMicroseconds)")
    var status = "the policy was refused, the old one stays: see the log"
    defer { notifier.send("READY=1\nSTATUS=\(status)") }
    do {
      let file = try PolicyFile.readAgain(path: config)
      let unapplied = sections(changedIn: file)
      try await daemon.reload(file.policy, unapplied: unapplied)
      status = "the policy was read again"
      logger.notice("\(status)", metadata: ["path": "\(config)"])
      if !unapplied.isEmpty {
        status += "; restart limiterd for what has changed in \(unapplied.joined(separator: ", "))"
        logger.warning(
          "what has changed there counts after a restart of limiterd",
          metadata: ["path": "\(config)", "sections": "\(unapplied.joined(separator: ", "))"])
      }
    } catch {
      daemon.reloadWasRefused()
      logger.error(
        "the policy was refused, the old one stays", metadata: ["path": "\(config)", "error": "\(error)"])
    }
  }

  /// What a reload does not put in force, and is another than at the start; what the command line says is as it was.
  private func sections(changedIn now: LimiterdConfiguration) -> [String] {
    [
      ("session_ttl", now.policy.sessionTimeToLive != file.policy.sessionTimeToLive),
      ("server", commandLine.server(over: now.server) != commandLine.server(over: file.server)),
      ("redis", !commandLine.namesRedis && now.redis != file.redis), ("alerts", now.alerts != file.alerts),
    ].filter(\.1).map(\.0)
  }

  private func announce(port: Int?, httpPort: Int?) {
    var lines = ["limiterd listens at \(settings.server.socket ?? "")"]
    if let tcp = settings.server.tcp, let port {
      lines.append("         and at \(ServerOptions.TCP(host: tcp.host, port: port).text)")
    }
    if let http = settings.server.http, let httpPort {
      lines.append("         and, for HTTP, at http://\(ServerOptions.TCP(host: http.host, port: httpPort).text)")
    }
    if let embedded {
      lines.append("It keeps its limits in a private redis-server; to look inside:")
      lines.append("  redis-cli -s \(embedded.socketPath)")
    }
    lines.append("To ask for a permit:")
    let model = settings.policy.models.keys.min() ?? "<model>"
    let required = settings.policy.required.map { scope in
      switch scope {
      case .run: " RUN run-1"
      case .tenant: " TENANT acme"
      case .attribute(let name): " ATTR \(name) x"
      default: ""
      }
    }
    let call = "ACQUIRE \(model) INPUT 80 OUTPUT 20\(required.joined())"
    lines.append("  redis-cli -s \(settings.server.socket ?? "") \(call)")
    StandardError.write(lines.joined(separator: "\n") + "\n")
  }
}
