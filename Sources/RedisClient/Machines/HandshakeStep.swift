import Hiredis

/// One command that a new connection sends before anybody else's.
enum HandshakeStep: Hashable {
  case authenticate(RedisCredentials)
  case setName(String)
  case select(Int)
  case load(RedisScript)
  /// Proves that the server serves: without it, a server that wants a password or still loads would look ready.
  case ping
  /// Where `maxmemory_policy` stands, if the user may read it.
  case readMemoryInformation
  /// The same, for users without INFO.
  case readEvictionPolicy

  var arguments: [CommandArgument] {
    switch self {
    case .authenticate(let credentials):
      ["AUTH"] + (credentials.user.map { [CommandArgument($0)] } ?? []) + [CommandArgument(credentials.password)]
    case .setName(let name): ["CLIENT", "SETNAME", CommandArgument(name)]
    case .select(let database): ["SELECT", CommandArgument(Int64(database))]
    case .load(let script): ["SCRIPT", "LOAD", CommandArgument(script.source)]
    case .ping: ["PING"]
    case .readMemoryInformation: ["INFO", "memory"]
    case .readEvictionPolicy: ["CONFIG", "GET", "maxmemory-policy"]
    }
  }

  /// Without it the connection is of no use. The others are niceties that a narrow ACL or a managed Redis may refuse.
  var isRequired: Bool {
    switch self {
    case .authenticate, .select, .load: true
    case .setName, .ping, .readMemoryInformation, .readEvictionPolicy: false
    }
  }

  /// What a message calls it; no secrets.
  var name: String {
    switch self {
    case .authenticate: "AUTH"
    case .setName: "CLIENT SETNAME"
    case .select(let database): "SELECT \(database)"
    case .load(let script): "SCRIPT LOAD (\(script.name))"
    case .ping: "PING"
    case .readMemoryInformation: "INFO memory"
    case .readEvictionPolicy: "CONFIG GET maxmemory-policy"
    }
  }
}
