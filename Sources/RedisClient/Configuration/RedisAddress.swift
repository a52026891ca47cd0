/// Where a Redis listens.
public enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
  /// A host name or IP address, resolved again at every connect, and a port.
  case tcp(host: String, port: Int)
  /// The absolute path of a Unix domain socket.
  case unix(path: String)

  /// `host:port` (IPv6 in brackets) or `unix:/path`; no secrets.
  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
