import Foundation

/// The server's files, and what stands in them.
struct RedisConf {
  /// The directory, absolute.
  let directory: String
  var configuration: PrivateRedisConfiguration
  var port: Int?
  var tlsPort: Int?
  /// The password of our own user, with which readiness is asked for when the configuration has users of its own.
  let probePassword: String

  static let probeUser = "private-redis-probe"

  var socketPath: String { directory + "/redis.sock" }
  var logPath: String { directory + "/redis.log" }
  var path: String { directory + "/redis.conf" }
  var accessControlPath: String { directory + "/users.acl" }
  var appendOnlyDirectory: String { directory + "/appendonlydir" }

  /// What readiness is asked with: user and password, or nil.
  var probeCredentials: [String]? {
    if !configuration.accessControl.isEmpty { return [Self.probeUser, probePassword] }
    return configuration.password.map { ["default", $0] }
  }

  var text: String {
    var lines = [
      "daemonize no",
      "dir \(quoted(directory))",
      "pidfile \(quoted(directory + "/redis.pid"))",
      "logfile \"\"",
      "always-show-logo no",
      "unixsocket \(quoted(socketPath))",
      "unixsocketperm 700",
      "bind 127.0.0.1",
      "port \(port ?? 0)",
      // Limits that are forgotten are no limits.
      "maxmemory-policy noeviction",
      "save \"\"",
    ]
    if let tls = configuration.tls, let tlsPort {
      lines += [
        "tls-port \(tlsPort)",
        "tls-cert-file \(quoted(tls.certificateFile))",
        "tls-key-file \(quoted(tls.keyFile))",
        "tls-ca-cert-file \(quoted(tls.authorityFile))",
        "tls-auth-clients \(tls.clientCertificates.rawValue)",
      ]
    }
    if configuration.appendOnly {
      // Plain commands from the beginning, each with its time, and never rewritten: a history that can be replayed.
      lines += [
        "appendonly yes",
        "appendfsync everysec",
        "aof-timestamp-enabled yes",
        "aof-use-rdb-preamble no",
        "auto-aof-rewrite-percentage 0",
      ]
    }
    if let password = configuration.password { lines.append("requirepass \(quoted(password))") }
    if !configuration.accessControl.isEmpty { lines.append("aclfile \(quoted(accessControlPath))") }
    return (lines + configuration.extraLines).joined(separator: "\n") + "\n"
  }

  /// What stands in the ACL file.
  func accessControlText(lines: [String]) -> String {
    let probe = "user \(Self.probeUser) on >\(probePassword) resetkeys resetchannels -@all +ping"
    return (lines + [probe]).joined(separator: "\n") + "\n"
  }

  func write() throws(PrivateRedisError) {
    try write(text, to: path)
    if !configuration.accessControl.isEmpty {
      try write(accessControlText(lines: configuration.accessControl), to: accessControlPath)
    }
  }

  func write(_ text: String, to path: String) throws(PrivateRedisError) {
    guard
      FileManager.default.createFile(
        atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
    else { throw SystemCall.error("could not write \(path)") }
  }

  /// The last lines of the server's log, without passwords.
  func logTail(lines: Int = 15) -> String {
    let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
    let tail = log.split(separator: "\n").suffix(lines).joined(separator: "\n")
    guard !tail.isEmpty else { return "(its log is empty)" }
    return (configuration.secrets + [probePassword]).reduce(tail) { $0.replacingOccurrences(of: $1, with: "***") }
  }

  private func quoted(_ value: String) -> String {
    "\"" + value.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
  }
}
