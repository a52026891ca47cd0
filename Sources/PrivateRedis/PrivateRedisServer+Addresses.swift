import Foundation

extension PrivateRedisServer {
  /// Where clients connect, password included: TLS if there is a TLS port, else TCP if there is a port, else the Unix socket.
  package var url: String { tlsURL ?? tcpURL ?? socketURL }

  /// `unix:///...`: the Unix socket is always there.
  package var socketURL: String {
    let query = password.map { "?password=\($0)" } ?? ""
    return "unix://\(escaped(socketPath, allowed: .urlPathAllowed))\(query)"
  }

  /// `redis://127.0.0.1:...`
  package var tcpURL: String? { port.map { "redis://\(userInfo)127.0.0.1:\($0)" } }

  /// `rediss://127.0.0.1:...`
  package var tlsURL: String? { tlsPort.map { "rediss://\(userInfo)127.0.0.1:\($0)" } }

  /// The path of the Unix socket.
  package var socketPath: String { conf.socketPath }
  /// The plain TCP port, if one was asked for.
  package var port: Int? { conf.port }
  /// The TLS port, if one was asked for.
  package var tlsPort: Int? { conf.tlsPort }
  /// Everything of this server stands here; 0700.
  package var directory: String { conf.directory }
  /// The file of ACL lines, if there were some.
  package var accessControlFile: String? { conf.configuration.accessControl.isEmpty ? nil : conf.accessControlPath }
  /// The end of the server's log, without passwords.
  package var logTail: String { conf.logTail() }

  /// The append-only history, oldest first; empty without one. Commands in plain RESP, with `#TS:` lines.
  package var aofFiles: [String] {
    let folder = conf.appendOnlyDirectory
    guard let manifest = try? String(contentsOfFile: folder + "/appendonly.aof.manifest", encoding: .utf8) else {
      return []
    }
    // file appendonly.aof.1.incr.aof seq 1 type i
    return manifest.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return words.count >= 2 && words[0] == "file" ? "\(folder)/\(words[1])" : nil
    }
  }

  /// Replaces the lines of the ACL file; the server reads them at the next `ACL LOAD`.
  package func rewriteAccessControl(_ lines: [String]) throws(PrivateRedisError) {
    guard accessControlFile != nil else {
      throw PrivateRedisError(
        .configurationInvalid, "expected a server that was started with ACL lines, this one has none")
    }
    try conf.write(conf.accessControlText(lines: lines), to: conf.accessControlPath)
  }

  private var password: String? { conf.configuration.password.map { escaped($0, allowed: .alphanumerics) } }

  private var userInfo: String { password.map { ":\($0)@" } ?? "" }

  private func escaped(_ text: String, allowed: CharacterSet) -> String {
    text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
  }
}
