import LimiterConfiguration

/// What the command line of `limiterd serve` says, and the policy file does not change therefore.
struct CommandLineServer: Sendable {
  private let socket: String?
  private let tcp: ServerOptions.TCP?
  private let http: ServerOptions.TCP?
  private let drain: Duration?
  /// Whether it names the Redis: then nothing of the file's section `redis` counts.
  let namesRedis: Bool

  init(_ options: ServeCommand) {
    socket = options.socket.map(DefaultPaths.absolute)
    (tcp, http, drain) = (options.listen, options.http, options.drain)
    namesRedis = options.redis != nil
  }

  /// A file's section `server`, as it counts.
  func server(over file: ServerOptions) -> ServerOptions {
    var server = file
    server.socket = socket ?? file.socket
    server.tcp = tcp ?? file.tcp
    server.http = http ?? file.http
    server.drain = drain ?? file.drain
    return server
  }
}
