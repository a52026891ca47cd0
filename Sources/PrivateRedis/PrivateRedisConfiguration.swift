/// What a private redis-server is like. The default is right for tests and demos: a Unix socket in a directory of its own, an AOF that can
/// be replayed as the history of everything that happened, and no eviction.
package struct PrivateRedisConfiguration: Sendable {
  /// Where the data stands, and what becomes of it.
  package enum Storage: Sendable, Hashable {
    /// A directory of its own under the temporary directory, removed when the server is stopped or its owner dies.
    case temporary
    /// This directory, created if it is missing and kept. One server at a time.
    case directory(String)
  }

  /// A TCP port on loopback.
  package enum Port: Sendable, Hashable {
    /// Any free one; it stays the same over restarts.
    case free
    case number(Int)
  }

  package var storage: Storage
  /// A plain TCP port besides the Unix socket, which is always there.
  package var tcp: Port?
  /// A port that speaks TLS.
  package var tls: PrivateRedisTLS?
  /// `requirepass`. Not together with ``accessControl``.
  package var password: String?
  /// Lines of an ACL file, such as `user worker on >secret ~lim:* +@all`.
  package var accessControl: [String]
  /// Every write goes to an append-only file, in plain commands with time stamps, written at once and synced each second.
  package var appendOnly: Bool
  /// Further lines of redis.conf; they come last and win.
  package var extraLines: [String]
  /// The environment of the server; `nil`: ours.
  package var environment: [String: String]?
  /// The program to run, if it is not the redis-server in PATH, /usr/bin or /usr/local/bin.
  package var executable: String?
  /// The time in which the server must have loaded its data and answered PING.
  package var startTimeout: Duration
  /// The time that `stop()` leaves the server to end by itself.
  package var stopTimeout: Duration

  package init(
    storage: Storage = .temporary,
    tcp: Port? = nil,
    tls: PrivateRedisTLS? = nil,
    password: String? = nil,
    accessControl: [String] = [],
    appendOnly: Bool = true,
    extraLines: [String] = [],
    executable: String? = nil,
    startTimeout: Duration = .seconds(20),
    stopTimeout: Duration = .seconds(10)
  ) {
    self.storage = storage
    self.tcp = tcp
    self.tls = tls
    self.password = password
    self.accessControl = accessControl
    self.appendOnly = appendOnly
    self.extraLines = extraLines
    self.executable = executable
    self.startTimeout = startTimeout
    self.stopTimeout = stopTimeout
  }

  /// What no message may show.
  var secrets: [String] {
    let inAccessControl = accessControl.flatMap { $0.split(separator: " ") }.filter { $0.hasPrefix(">") }.map {
      String($0.dropFirst())
    }
    return ([password].compactMap { $0 } + inAccessControl).filter { !$0.isEmpty }
  }
}
