/// How `limiterd serve` listens: the key `server` of the policy's file.
public struct ServerOptions: Sendable, Hashable {
  /// A TCP address; what speaks there must know the password, if there is one.
  public struct TCP: Sendable, Hashable {
    /// An address or a name; `127.0.0.1`, `::1` and `localhost` are loopback.
    public var host: String
    /// 0: any free one.
    public var port: Int
    /// Whether only this machine can reach it.
    public var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// `host:port`, IPv6 in brackets.
    package var text: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// An address.
    public init(host: String, port: Int) {
      self.host = host
      self.port = port
    }
  }

  /// PEM files.
  public struct TLS: Sendable, Hashable {
    /// The certificate chain.
    public var certificate: String
    /// Its private key.
    public var key: String

    /// The files of a certificate and its key.
    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// Where the password stands; never in the file itself.
  public enum Secret: Sendable, Hashable {
    /// The name of an environment variable.
    case environment(String)
    /// The path of a file; its first line counts.
    case file(String)
  }

  /// The path of the Unix socket; `nil`: the command chooses.
  public var socket: String?
  /// The permissions of the socket.
  public var socketMode = 0o660
  /// The TCP address; `nil`: none.
  public var tcp: TCP?
  /// The address of HTTP; `nil`: none.
  public var http: TCP?
  /// The certificate of the TCP address; `nil`: plain.
  public var tls: TLS?
  /// Where the password of the TCP and HTTP addresses stands.
  public var passwordSource: Secret?
  /// The password of the TCP and HTTP addresses, once it has been read.
  public var password: String?
  /// How long a drain takes at most.
  public var drain: Duration = .seconds(10)
  /// How long Redis may leave a call without an answer before limits are decided as their `on_failure` says.
  public var redisSlowAfter: Duration = .milliseconds(250)
  /// Connections at once.
  public var maximumConnections = 10_000

  /// The defaults above.
  public init() {}
}
