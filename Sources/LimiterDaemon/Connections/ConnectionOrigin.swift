/// Where a connection comes from.
enum ConnectionOrigin: Sendable, Hashable {
  /// The Unix socket: who may open it is trusted.
  case unix
  case tcp(peer: String)
  /// All clients of HTTP, whose front end has asked for the password.
  case http

  var description: String {
    switch self {
    case .unix: "unix"
    case .tcp(let peer): peer
    case .http: "http"
    }
  }
}
