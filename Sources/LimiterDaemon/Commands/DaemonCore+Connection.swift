import LimiterCore
import LimiterConfiguration
import Logging
import NIOCore

/// What every Redis client says at connect, and what people type first.
extension DaemonCore {
  func ping(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    switch command.arguments.count {
    case 0: target.answer { $0.writeRESP(status: "PONG") }
    case 1: target.answer { $0.writeRESP(bulk: command.arguments.first ?? []) }
    default: throw CommandError(.malformed, "PING: expected at most one text, got \(command.arguments.count)")
    }
  }

  func echo(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    guard command.arguments.count == 1, let text = command.arguments.first else {
      throw CommandError(.malformed, "ECHO: expected one text, got \(command.arguments.count)")
    }
    target.answer { $0.writeRESP(bulk: text) }
  }

  func select(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    _ = try reader.number("a database", 0...0)
    try reader.end()
    target.answer { $0.writeRESP(status: "OK") }
  }

  func quit(_ target: ReplyTarget) {
    target.answer { $0.writeRESP(status: "OK") }
    target.connection.end()
  }

  /// Another session, as if the connection were new.
  func reset(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try ArgumentReader(command).end()
    let connection = target.connection
    let old = connection.session
    connection.session = makeSession()
    connection.session.connection = connection
    // Whoever guesses passwords begins not anew.
    connection.facts = ConnectionFacts(wrongPasswords: connection.facts.wrongPasswords)
    connection.isAuthenticated = !needsPassword(connection.origin)
    withdraw(old, CommandError(.takenOver, "RESET ended the session of this call"))
    if old.connection === connection { detach(old) }
    target.answer { $0.writeRESP(status: "RESET") }
  }

  func authenticate(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    let words = Array(command.arguments)
    guard (1...2).contains(words.count) else {
      throw CommandError(.malformed, "AUTH: expected [user] and a password, got \(words.count) arguments")
    }
    try authenticate(
      target.connection, user: words.count == 2 ? Array(words[0]) : nil, password: Array(words[words.count - 1]))
    target.answer { $0.writeRESP(status: "OK") }
  }

  private func authenticate(
    _ connection: WorkerConnection, user: [UInt8]?, password: [UInt8]
  ) throws(CommandError) {
    guard let expected = settings.server.password else {
      throw CommandError(.malformed, "AUTH: this limiterd has no password; leave it out, or configure one")
    }
    // It is being closed: what it has sent already guesses no further.
    guard connection.facts.wrongPasswords < DaemonBounds.passwordTries else {
      throw CommandError(.wrongPassword, "too many wrong passwords; this connection ends")
    }
    let isUser = user.map { $0.elementsEqual("default".utf8) } ?? true
    guard Self.isEqual(password, Array(expected.utf8)), isUser else {
      connection.facts.wrongPasswords += 1
      if connection.facts.wrongPasswords >= DaemonBounds.passwordTries {
        logger.warning("closed a connection after wrong passwords", metadata: [LogKey.connection: "\(connection.id)"])
        eventLoop.assumeIsolated().execute { connection.closeAfterReplies() }
      }
      throw CommandError(.wrongPassword, "invalid username-password pair")
    }
    connection.isAuthenticated = true
  }

  /// In a time that does not tell where the first difference is.
  static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard !right.isEmpty else { return left.isEmpty }
    var difference = left.count ^ right.count
    for (index, byte) in left.enumerated() { difference |= Int(byte ^ right[index % right.count]) }
    return difference == 0
  }

  func hello(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    if let version = command.arguments.first {
      guard version.elementsEqual("2".utf8) else {
        throw CommandError(.noProtocol, "unsupported protocol version: limiterd speaks RESP2, send HELLO 2 or nothing")
      }
      _ = try reader.number("a protocol version", 2...2)
    }
    let connection = target.connection
    while let keyword = try reader.keyword() {
      switch keyword {
      case "AUTH":
        let user = try reader.text("a user's name", bytes: 0...DaemonBounds.wordBytes)
        let password = try reader.text("a password", bytes: 0...DaemonBounds.wordBytes)
        try authenticate(connection, user: Array(user.utf8), password: Array(password.utf8))
      case "SETNAME": connection.facts.name = try clientName(&reader)
      default: throw reader.unexpected(keyword)
      }
    }
    guard connection.isAuthenticated else {
      throw CommandError(.noAuth, "HELLO must be called with AUTH, as this limiterd has a password")
    }
    target.answer { reply in
      reply.writeRESP(array: 14)
      for (key, value) in [("server", "limiterd"), ("version", LimiterVersion.text)] {
        reply.writeRESP(bulk: key)
        reply.writeRESP(bulk: value)
      }
      reply.writeRESP(bulk: "proto")
      reply.writeRESP(2)
      reply.writeRESP(bulk: "id")
      reply.writeRESP(connection.id)
      for (key, value) in [("mode", "standalone"), ("role", "master")] {
        reply.writeRESP(bulk: key)
        reply.writeRESP(bulk: value)
      }
      reply.writeRESP(bulk: "modules")
      reply.writeRESP(array: 0)
    }
  }

  func clientName(_ reader: inout ArgumentReader) throws(CommandError) -> String {
    let name = try reader.text("a client's name", bytes: 0...DaemonBounds.clientName)
    guard name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw reader.malformed("expected a name without spaces and control characters")
    }
    return name
  }

  func config(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    guard try reader.keyword() == "GET" else {
      throw reader.malformed("expected GET: limiterd is configured by its policy file; edit it, it is read again")
    }
    let known = ["save": "", "appendonly": "no", "databases": "1"]
    var pairs: [(String, String)] = []
    while !reader.isAtEnd {
      let name = try reader.text("a name")
      if let value = known[name.lowercased()] { pairs.append((name, value)) }
    }
    target.answer { reply in
      reply.writeRESP(array: 2 * pairs.count)
      for (name, value) in pairs {
        reply.writeRESP(bulk: name)
        reply.writeRESP(bulk: value)
      }
    }
  }

  func commandCommand(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    let names = CommandTable.entries.keys.sorted()
    switch try reader.keyword() {
    case nil:
      target.answer { reply in
        reply.writeRESP(array: names.count)
        for name in names { Self.describe(name, to: &reply) }
      }
    case "COUNT": target.answer { $0.writeRESP(Int64(names.count)) }
    case "LIST":
      target.answer { reply in
        reply.writeRESP(array: names.count)
        for name in names { reply.writeRESP(bulk: name.lowercased()) }
      }
    case "INFO":
      var asked: [String] = []
      while !reader.isAtEnd { asked.append(try reader.text("a command's name").uppercased()) }
      if asked.isEmpty { asked = names }
      target.answer { reply in
        reply.writeRESP(array: asked.count)
        for name in asked {
          if CommandTable.entries[name] != nil { Self.describe(name, to: &reply) } else { reply.writeRESPNull() }
        }
      }
    case "DOCS":
      var asked: [String] = []
      while !reader.isAtEnd { asked.append(try reader.text("a command's name").uppercased()) }
      if asked.isEmpty { asked = names }
      let known = asked.filter { CommandTable.entries[$0] != nil }
      target.answer { reply in
        reply.writeRESP(array: 2 * known.count)
        for name in known { Self.document(name, to: &reply) }
      }
    case let other?: throw reader.unexpected(other)
    }
  }

  private static func describe(_ name: String, to reply: inout ReplyBuffer) {
    reply.writeRESP(array: 6)
    reply.writeRESP(bulk: name.lowercased())
    reply.writeRESP(-1)
    reply.writeRESP(array: 0)
    for _ in 0..<3 { reply.writeRESP(0) }
  }

  private static func document(_ name: String, to reply: inout ReplyBuffer) {
    reply.writeRESP(bulk: name.lowercased())
    reply.writeRESP(array: 4)
    reply.writeRESP(bulk: "summary")
    reply.writeRESP(bulk: CommandTable.entries[name]?.summary ?? "")
    reply.writeRESP(bulk: "syntax")
    reply.writeRESP(bulk: CommandTable.syntax(name))
  }
}
