/// Where a connection comes from.
enum ConnectionOrigin: Sendable, Hashable {
  /// The Unix socket: who may open it is trusted.
  case unix
  case tcp(peer: String)

  var description: String {
    switch self {
    case .unix: "unix"
    case .tcp(let peer): peer
    }
  }
}
