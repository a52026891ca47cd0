package import ArgumentParser
package import LimiterConfiguration
import LimiterDaemon
import RedisClient

/// `limiterd serve`.
package struct ServeCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "The sidecar: workers in any language ask it for permits, over the Redis protocol.",
    discussion: """
      Workers connect with any Redis client; docs/worker-protocol.md has the commands, such as
        redis-cli -s limiterd.sock ACQUIRE gpt-4o INPUT 900 OUTPUT 300 WAIT 30000

      SIGHUP, or a changed file, reloads the policy; one with mistakes is refused, and the old one stays. What is changed in `server`, `redis`, \
      `alerts` and `session_ttl` counts after a restart; that is logged, and told by `limiterctl status`. SIGTERM and SIGINT drain: \
      nothing new is admitted, holders may settle, and limiterd ends within --drain. A second signal ends at once.

      EXIT STATUS: 0 after a drain or a signal; 1 when it cannot run (the policy has mistakes, somebody listens at the socket, Redis \
      refuses us); 64 when the command line makes no sense.
      """)

  @Option(
    help: ArgumentHelp(
      "The policy, docs/configuration.md. Without any: the limits of a new account, 1 USD per run, 50 USD per day (`limiterctl config show`).",
      valueName: "file"))
  package var config: String?

  @Option(
    help: ArgumentHelp(
      "The Unix socket to listen at. (default: as the file says, or \(DefaultPaths.socketText))", valueName: "path"))
  package var socket: String?

  @Option(
    help: ArgumentHelp(
      "A TCP address to listen at as well; other than loopback, it needs a password.", valueName: "host:port"),
    transform: { text in
      guard let address = ServerOptions.TCP(parsing: text) else {
        throw ValidationError("--listen: expected a host and a port such as 127.0.0.1:7379, got \(text)")
      }
      return address
    })
  package var listen: ServerOptions.TCP?

  @Option(
    help: ArgumentHelp(
      "An address for HTTP: probes, metrics and JSON, docs/http.md; other than loopback, it needs a password.",
      valueName: "host:port"),
    transform: { text in
      guard let address = ServerOptions.TCP(parsing: text) else {
        throw ValidationError("--http: expected a host and a port such as 127.0.0.1:9178, got \(text)")
      }
      return address
    })
  package var http: ServerOptions.TCP?

  @Option(
    help: ArgumentHelp(
      "The Redis to use: redis://, rediss:// or unix://. Without any, a private redis-server is started and kept running.",
      valueName: "url"))
  package var redis: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How long a drain takes at most. (default: 10s)", valueName: "time"),
    transform: OptionText.duration)
  package var drain: Duration?

  @Option(
    help: ArgumentHelp(
      "The state folder, where the private redis-server keeps its data. (default: \(DefaultPaths.stateText))",
      valueName: "folder"))
  package var state: String?

  package init() {}

  package func validate() throws {
    if let drain, !(.zero...ConfigurationBounds.longestDrain).contains(drain) {
      throw ValidationError("--drain: expected 0 to 3600 seconds, got \(drain)")
    }
    if let redis {
      do { _ = try RedisConfiguration(url: redis) } catch { throw ValidationError("--redis: \(error)") }
    }
  }

  package func run() async throws {
    do {
      try await DaemonRunner(self).run()
    } catch is EndedEarly {
    } catch let error as PolicyError {
      try fail("\(error)")
    } catch let error as SecretError {
      try fail("\(error)")
    } catch let error as DaemonError {
      try fail("\(error)")
    } catch let error as RedisError {
      try fail("Redis cannot be used: \(error)")
    }
  }

  private func fail(_ message: String) throws -> Never {
    StandardError.write("Error: \(message)\n")
    throw ExitCode(1)
  }
}
