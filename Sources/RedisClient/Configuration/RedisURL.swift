/// The three URL forms of ``RedisConfiguration/init(url:)``.
///
/// A message names the part that is wrong and what it should be. It quotes a part only if no password can stand there,
/// whatever the typing mistake was: a forgotten `@`, for instance, makes the password look like a host or a port.
enum RedisURL {
  private static let forms =
    "redis://[user:password@]host[:port][/database], rediss://... (TLS) or unix:///path/to.sock"

  static func parse(_ url: String) throws(RedisError) -> RedisConfiguration {
    guard let colon = url.firstRange(of: "://") else {
      throw mistake("it has no scheme")
    }
    guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw mistake("it contains a space or a control character; write it as %20 and so on")
    }
    var rest = url[colon.upperBound...]
    guard !rest.contains("#") else { throw mistake("it contains a '#'; in a password, write %23") }
    let query = try takeQuery(&rest)
    switch url[..<colon.lowerBound].lowercased() {
    case "redis": return try parseTCP(rest, query, tls: false)
    case "rediss": return try parseTCP(rest, query, tls: true)
    case "unix": return try parseUnix(rest, query)
    default: throw mistake("its scheme is not known")
    }
  }

  private static func parseTCP(
    _ text: Substring, _ items: [String: String], tls: Bool
  ) throws(RedisError) -> RedisConfiguration {
    var query = items
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var authority = parts[0]
    var credentials: RedisCredentials?
    if let at = authority.lastIndex(of: "@") {
      credentials = try parseUserInfo(authority[..<at])
      authority = authority[authority.index(after: at)...]
    }
    let (host, port) = try parseHostPort(authority)
    var configuration = RedisConfiguration(address: .tcp(host: host, port: port))
    configuration.credentials = credentials
    if parts.count == 2, !parts[1].isEmpty { configuration.database = try parseDatabase(String(parts[1])) }
    configuration.clientName = try takeName(&query)
    if tls {
      configuration.tls = try takeTLS(&query)
    } else if let item = ["ca", "cert", "key", "servername"].first(where: { query[$0] != nil }) {
      throw mistake("'\(item)' needs TLS; write rediss:// instead of redis://")
    }
    try refuseOthers(query, known: tls ? "name, ca, cert, key, servername" : "name")
    return configuration
  }

  private static func parseUnix(
    _ path: Substring, _ items: [String: String]
  ) throws(RedisError) -> RedisConfiguration {
    var query = items
    guard path.hasPrefix("/") else {
      throw mistake("a socket needs an absolute path, with three slashes: unix:///run/redis/redis.sock")
    }
    guard let path = PercentDecoding.decode(path) else {
      throw mistake("its path has a '%' without two hexadecimal digits, or isn't UTF-8")
    }
    // `sun_path` of Linux holds 108 bytes with the final zero; macOS 104.
    guard path.utf8.count <= 103, !path.utf8.contains(0) else {
      throw mistake("the path of a socket has at most 103 bytes, and no zero byte")
    }
    var configuration = RedisConfiguration(address: .unix(path: path))
    if let database = query.removeValue(forKey: "db") { configuration.database = try parseDatabase(database) }
    let user = query.removeValue(forKey: "user")
    let password = query.removeValue(forKey: "password")
    if let password {
      configuration.credentials = RedisCredentials(user: user, password: password)
    } else if user != nil {
      throw mistake("it has a user without a password")
    }
    configuration.clientName = try takeName(&query)
    try refuseOthers(query, known: "db, user, password, name")
    return configuration
  }

  private static func parseUserInfo(_ text: Substring) throws(RedisError) -> RedisCredentials {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw mistake("before '@' it needs user:password, or :password for the default user")
    }
    guard let user = PercentDecoding.decode(parts[0]), let password = PercentDecoding.decode(parts[1]) else {
      throw mistake("its user or password has a '%' without two hexadecimal digits; write % as %25")
    }
    return RedisCredentials(user: user.isEmpty ? nil : user, password: password)
  }

  private static func parseHostPort(_ text: Substring) throws(RedisError) -> (host: String, port: Int) {
    var (host, portText): (Substring, Substring?)
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { throw mistake("its IPv6 address has no closing ']'") }
      host = text[text.index(after: text.startIndex)..<bracket]
      let after = text[text.index(after: bracket)...]
      guard after.isEmpty || after.hasPrefix(":") else { throw mistake("after ']' it needs :port or nothing") }
      portText = after.isEmpty ? nil : after.dropFirst()
    } else {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count <= 2 else {
        throw mistake("its host has more than one ':'; write an IPv6 address in brackets, and end a password with '@'")
      }
      (host, portText) = (parts[0], parts.count == 2 ? parts[1] : nil)
    }
    guard !host.isEmpty else { throw mistake("it has no host") }
    guard !host.contains("%"), !host.contains("@") else { throw mistake("its host has a '%' or an '@'") }
    guard let portText else { return (String(host), 6379) }
    guard let port = Int(portText), (1...65_535).contains(port), portText.allSatisfy(\.isNumber) else {
      throw mistake("its port is not a number from 1 to 65535 (or a password lacks its '@')")
    }
    return (String(host), port)
  }

  private static func parseDatabase(_ text: String) throws(RedisError) -> Int {
    guard let database = Int(text), database >= 0, database <= Int32.max, text.utf8.allSatisfy({ $0 != 0x2B }) else {
      throw mistake("its database is not a number from 0 (a '/' in a password is written %2F)")
    }
    return database
  }

  private static func takeName(_ query: inout [String: String]) throws(RedisError) -> String? {
    guard let name = query.removeValue(forKey: "name") else { return nil }
    guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw mistake("the client name must be printable ASCII without spaces")
    }
    return name
  }

  private static func takeTLS(_ query: inout [String: String]) throws(RedisError) -> RedisTLS {
    let tls = RedisTLS(
      caFile: query.removeValue(forKey: "ca"), certificateFile: query.removeValue(forKey: "cert"),
      privateKeyFile: query.removeValue(forKey: "key"), serverName: query.removeValue(forKey: "servername"))
    guard (tls.certificateFile == nil) == (tls.privateKeyFile == nil) else {
      throw mistake("a client certificate needs both 'cert' and 'key'")
    }
    return tls
  }

  private static func takeQuery(_ text: inout Substring) throws(RedisError) -> [String: String] {
    guard let mark = text.firstIndex(of: "?") else { return [:] }
    let query = text[text.index(after: mark)...]
    text = text[..<mark]
    guard !query.contains("@") else { throw mistake("there is an '@' after '?'; in a password, write ? as %3F") }
    var items: [String: String] = [:]
    for item in query.split(separator: "&") {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let value = PercentDecoding.decode(parts[1]), !value.isEmpty else {
        throw mistake("each query item needs name=value, percent-encoded")
      }
      guard items.updateValue(value, forKey: String(parts[0])) == nil else {
        throw mistake("a query item is given twice")
      }
    }
    return items
  }

  /// The unknown name itself isn't shown: with a stray `&` in a password it would be half of the password.
  private static func refuseOthers(_ query: [String: String], known: String) throws(RedisError) {
    guard query.isEmpty else { throw mistake("it has an unknown query item; known here: \(known)") }
  }

  private static func mistake(_ what: String) -> RedisError {
    RedisError(.invalidConfiguration, "The Redis URL is wrong: \(what). Expected \(forms).", outcome: .notSent)
  }
}
