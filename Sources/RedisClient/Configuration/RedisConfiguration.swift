/// All that a client needs to know about its Redis.
public struct RedisConfiguration: Sendable {
  /// Where it listens.
  public var address: RedisAddress
  /// Sent with `AUTH` on every connect.
  public var credentials: RedisCredentials?
  /// Sent with `SELECT` on every connect, unless 0. Cluster has only 0.
  public var database: Int = 0
  /// Sent with `CLIENT SETNAME`, so that `CLIENT LIST` tells who is who; no spaces.
  public var clientName: String?
  /// TLS, if not `nil`.
  public var tls: RedisTLS?
  /// From the first packet to the end of the handshake (DNS, TCP, TLS, AUTH, SCRIPT LOAD).
  public var connectTimeout: Duration = .seconds(5)
  /// The time a command has from the call to its reply, unless the call says otherwise. It includes waiting for a connection.
  public var commandTimeout: Duration = .seconds(5)
  /// How long a client that is told to stop waits for the replies of what it has sent.
  public var drainTimeout: Duration = .seconds(1)
  /// How often a connection with subscriptions is asked whether it lives; it is closed after two silent intervals.
  public var subscriptionPingInterval: Duration = .seconds(10)
  /// When a lost connection is tried again.
  public var reconnect = RedisReconnect()
  /// Every bound.
  public var limits = RedisClientLimits()
  /// Loaded on every connection before the first command.
  public var scripts: [RedisScript] = []
  /// What errors call the server, and how they say that it is started: it may be something else that speaks the protocol.
  package var serverName = "Redis"
  package var howToStart = "Start it, or get one: `apt-get install redis-server`, or `docker compose up`."

  /// A Redis without password, TLS or name at `address`, with the defaults above.
  public init(address: RedisAddress) {
    self.address = address
  }

  /// Reads a URL:
  ///
  /// - `redis://[[user]:password@]host[:port][/database][?name=...]`
  /// - `rediss://...` the same with TLS; query items `ca`, `cert`, `key` (PEM files) and `servername`
  /// - `unix:///path/to.sock[?db=0&user=...&password=...&name=...]`
  ///
  /// User, password, path and query values are percent-decoded. The default port is 6379.
  ///
  /// - Throws: ``RedisError`` with the code `invalidConfiguration`; it tells what is wrong and never shows the password.
  public init(url: String) throws(RedisError) {
    self = try RedisURL.parse(url)
  }
}
