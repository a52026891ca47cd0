public import RedisClient

/// Where limiterd is, and how its client behaves.
public struct SidecarSettings: Sendable {
  /// Where it listens, its password and TLS, and when a lost connection is tried again; it speaks Redis' protocol.
  public var connection: RedisConfiguration
  /// Who this process is, for people that look into limiterd; no secrets. Its session is named so, with a random end.
  public var name: String
  /// How long limiterd keeps the permits of this process without a connection, at most an hour. A process that dies holds them for as
  /// long. Over a Unix socket, connections do not break while both sides live, so 1 s is enough; else 10 s.
  public var grace: Duration
  /// How long a call waits for limiterd itself, if it does not wait longer for its limits anyway. Longer than limiterd waits for Redis
  /// (5 s), so that its reason is heard.
  public var patience: Duration = .seconds(6)
  /// Calls of this process without an answer, at most; limiterd accepts 32,768 of one connection.
  public var calls = SidecarBounds.calls
  /// Settlements that limiterd has not confirmed, at most.
  package var settlements = SidecarBounds.settlements

  /// The limiterd at a Unix socket.
  ///
  /// - Parameters:
  ///   - socket: the path, as `limiterd serve --socket` has it.
  ///   - password: a Unix socket needs none.
  ///   - name: who this process is, for people; no secrets.
  public init(socket: String, password: String? = nil, name: String = "worker") {
    var connection = RedisConfiguration(address: .unix(path: socket))
    connection.credentials = password.map { RedisCredentials(password: $0) }
    self.init(connection, name: name, grace: SidecarBounds.localGrace)
  }

  /// The limiterd at a URL: `redis://:password@host:port`, `rediss://...` with TLS, `unix:///path`.
  ///
  /// - Throws: a `RedisError` with the code `invalidConfiguration` that says what is wrong with the URL.
  public init(url: String, name: String = "worker") throws(RedisError) {
    let connection = try RedisConfiguration(url: url)
    let isLocal = if case .unix = connection.address { true } else { false }
    self.init(connection, name: name, grace: isLocal ? SidecarBounds.localGrace : SidecarBounds.remoteGrace)
  }

  private init(_ connection: RedisConfiguration, name: String, grace: Duration) {
    self.connection = connection
    self.name = name
    self.grace = grace
    self.connection.serverName = "limiterd"
    var place = "--listen <address>"
    if case .unix(let path) = connection.address { place = "--socket \(path)" }
    self.connection.howToStart = "Start it: `limiterd serve --config limiterd.yaml \(place)`, or correct the address."
  }
}
