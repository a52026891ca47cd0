import LimiterCore

/// `server:` and `redis:`, which are for `limiterd serve`.
extension PolicyReader {
  private static let serverKeys = [
    "socket", "socket_mode", "listen", "http", "tls", "password_env", "password_file", "drain", "max_connections",
    "redis_slow_after",
  ]
  private static let redisKeys = ["url", "user", "password_env", "password_file"]
  private static let tlsKeys = ["certificate", "key"]

  mutating func readServer(_ fields: PolicyFields) -> ServerOptions {
    var options = ServerOptions()
    let path = fields.path(of: "server")
    guard let entry = fields["server"],
      let keys = mapping(
        entry.value, at: entry.place, path: path, expected: "how the server listens", keys: Self.serverKeys)
    else { return options }
    options.socket = filePath("socket", of: keys)
    if let entry = keys["socket_mode"] {
      options.socketMode = quantity(entry.value, path: keys.path(of: entry.key), Self.mode) ?? options.socketMode
    }
    if let entry = keys["listen"] { options.tcp = quantity(entry.value, path: keys.path(of: "listen"), Self.address) }
    if let entry = keys["http"] { options.http = quantity(entry.value, path: keys.path(of: "http"), Self.httpAddress) }
    options.tls = readTLS(keys)
    options.passwordSource = secret(of: keys)
    if let entry = keys["drain"] {
      options.drain =
        quantity(entry.value, path: keys.path(of: "drain")) { text throws(QuantityError) in
          try Quantity.duration(text, in: .zero...ConfigurationBounds.longestDrain)
        } ?? options.drain
    }
    if let entry = keys["redis_slow_after"] {
      options.redisSlowAfter =
        quantity(entry.value, path: keys.path(of: entry.key)) { text throws(QuantityError) in
          try Quantity.duration(text, in: ConfigurationBounds.redisSlowAfter)
        } ?? options.redisSlowAfter
    }
    if let entry = keys["max_connections"] {
      let number = quantity(entry.value, path: keys.path(of: entry.key)) { text throws(QuantityError) in
        try Self.number(text, in: 1...ConfigurationBounds.connections)
      }
      options.maximumConnections = number ?? options.maximumConnections
    }
    checkServer(options, keys)
    return options
  }

  /// Whoever reaches a port from elsewhere must show that he may.
  private mutating func checkServer(_ options: ServerOptions, _ keys: PolicyFields) {
    for (key, address) in [("listen", options.tcp), ("http", options.http)] {
      guard let address, !address.isLoopback, options.passwordSource == nil, let entry = keys[key] else { continue }
      problems.add(
        .conflict, at: entry.value.place, path: keys.path(of: key),
        expected: "a password for an address that other machines reach",
        found: "neither `password_env` nor `password_file`",
        advice: "add one of them, or listen on 127.0.0.1")
    }
    if options.tcp == nil, let entry = keys["tls"], keys["listen"] == nil {
      problems.add(
        .conflict, at: entry.place, path: keys.path(of: "tls"), expected: "`listen` beside `tls`", found: "no `listen`",
        advice: "the Unix socket needs no TLS")
    }
  }

  private mutating func readTLS(_ fields: PolicyFields) -> ServerOptions.TLS? {
    let path = fields.path(of: "tls")
    guard let entry = fields["tls"],
      let keys = mapping(
        entry.value, at: entry.place, path: path, expected: "the files of the certificate", keys: Self.tlsKeys)
    else { return nil }
    for key in Self.tlsKeys where keys[key] == nil {
      problems.add(
        .missingKey, at: keys.place, path: keys.path(of: key), expected: "the path of a PEM file",
        found: "no key `\(key)`")
    }
    guard let certificate = filePath("certificate", of: keys), let key = filePath("key", of: keys, isSecret: true)
    else { return nil }
    return ServerOptions.TLS(certificate: certificate, key: key)
  }

  mutating func readRedis(_ fields: PolicyFields) -> RedisOptions? {
    let path = fields.path(of: "redis")
    guard let entry = fields["redis"],
      let keys = mapping(
        entry.value, at: entry.place, path: path, expected: "where Redis is", keys: Self.redisKeys,
        isSecret: true)
    else { return nil }
    let secret = secret(of: keys)
    let user = keys["user"].flatMap {
      text($0.value, path: keys.path(of: "user"), expected: "the name of an ACL user")
    }
    if let entry = keys["user"], keys["password_env"] == nil, keys["password_file"] == nil {
      problems.add(
        .conflict, at: entry.place, path: keys.path(of: "user"),
        expected: "`password_env` or `password_file` beside `user`", found: "a user without a password")
    }
    let expected = "a URL such as redis://localhost:6379, rediss://... or unix:///path/to.sock"
    guard let url = keys["url"] else {
      problems.add(
        .missingKey, at: keys.place, path: keys.path(of: "url"), expected: expected, found: "no key `url`",
        advice: "leave out `redis` as a whole, and limiterd starts a redis-server of its own")
      return nil
    }
    guard let text = text(url.value, path: keys.path(of: "url"), expected: expected) else { return nil }
    let schemes = ["redis://", "rediss://", "unix://"]
    guard schemes.contains(where: text.lowercased().hasPrefix) else {
      problems.add(
        .badValue, at: url.value.place, path: keys.path(of: "url"), expected: expected, found: "another scheme")
      return nil
    }
    // A file is read by more people than may know a password.
    if text.contains("@") || text.contains("password=") {
      problems.add(
        .badValue, at: url.value.place, path: keys.path(of: "url"), expected: "a URL without user and password",
        found: "one with them", advice: "write `user` and `password_env` or `password_file`")
      return nil
    }
    if let mistake = redisURLMistake(text) {
      problems.add(
        .badValue, at: url.value.place, path: keys.path(of: "url"), expected: expected,
        found: "one that cannot be used", advice: mistake)
      return nil
    }
    return RedisOptions(url: text, user: user, passwordSource: secret)
  }

  private mutating func secret(of fields: PolicyFields) -> ServerOptions.Secret? {
    let file = filePath("password_file", of: fields, isSecret: true)
    guard let entry = fields["password_env"] else { return file.map(ServerOptions.Secret.file) }
    let path = fields.path(of: "password_env")
    let expected = "the name of an environment variable"
    if let other = fields["password_file"] {
      problems.add(
        .conflict, at: other.place, path: fields.path(of: "password_file"), expected: "one place of the password",
        found: "`password_file` beside `password_env`")
    }
    guard let text = text(entry.value, path: path, expected: expected),
      let name = name(
        text, at: entry.value.place, path: path, expected: expected, found: entry.value.kindOfSecret)
    else { return nil }
    return .environment(name)
  }

  private mutating func filePath(_ key: String, of fields: PolicyFields, isSecret: Bool = false) -> String? {
    guard let entry = fields[key] else { return nil }
    let path = fields.path(of: key)
    guard let text = text(entry.value, path: path, expected: "an absolute path") else { return nil }
    guard text.hasPrefix("/"), !text.utf8.contains(0) else {
      problems.add(
        .badValue, at: entry.value.place, path: path, expected: "an absolute path",
        found: isSecret ? entry.value.kindOfSecret : entry.value.kind, advice: "write it from `/` on")
      return nil
    }
    return text
  }

  private static func mode(_ text: String) throws(QuantityError) -> Int {
    let digits = text.hasPrefix("0o") ? text.dropFirst(2) : text[...]
    guard digits.allSatisfy(\.isNumber), let mode = Int(digits, radix: 8), (0...0o777).contains(mode), digits.count >= 3
    else {
      throw QuantityError(.malformed, expected: "permissions in octal such as \"0660\"", found: text)
    }
    return mode
  }

  static func number(_ text: String, in range: ClosedRange<Int>) throws(QuantityError) -> Int {
    guard let number = try? DecimalText.scaled(text, most: Int64(range.upperBound)), number >= range.lowerBound else {
      throw QuantityError(
        .malformed, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
        found: text)
    }
    return Int(number)
  }

  private static func address(_ text: String) throws(QuantityError) -> ServerOptions.TCP {
    try address(text, example: "127.0.0.1:7379")
  }

  private static func httpAddress(_ text: String) throws(QuantityError) -> ServerOptions.TCP {
    try address(text, example: "127.0.0.1:9178")
  }

  private static func address(_ text: String, example: String) throws(QuantityError) -> ServerOptions.TCP {
    guard let address = ServerOptions.TCP(parsing: text) else {
      throw QuantityError(.malformed, expected: "a host and a port such as \(example)", found: text)
    }
    return address
  }
}

extension ServerOptions.TCP {
  /// `host:port`, `[v6]:port` or a port alone, which is on 127.0.0.1.
  public init?(parsing text: String) {
    let (host, digits): (Substring, Substring)
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.hasPrefix(":") else { return nil }
      digits = rest.dropFirst()
    } else if let colon = text.lastIndex(of: ":") {
      host = text[..<colon]
      digits = text[text.index(after: colon)...]
      guard !host.contains(":") else { return nil }
    } else {
      (host, digits) = ("127.0.0.1", text[...])
    }
    guard !host.isEmpty, !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = Int(digits), (0...65_535).contains(port)
    else { return nil }
    self.init(host: String(host), port: port)
  }
}
