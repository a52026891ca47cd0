import NIOCore

/// CLIENT.
extension DaemonCore {
  func clientCommand(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    let connection = target.connection
    switch try reader.keyword() {
    case "SETNAME":
      connection.facts.name = try clientName(&reader)
      target.answer { $0.writeRESP(status: "OK") }
    case "GETNAME":
      let name = connection.facts.name
      target.answer { if name.isEmpty { $0.writeRESPNull() } else { $0.writeRESP(bulk: name) } }
    case "ID": target.answer { $0.writeRESP(connection.id) }
    case "INFO":
      // The line tells of the replies that are due, and this is to be one of them.
      let line = line(of: connection)
      target.answer { $0.writeRESP(bulk: line) }
    case "LIST":
      let lines = connections.values.sorted { $0.id < $1.id }.prefix(DaemonBounds.listed).map(line)
      target.answer { $0.writeRESP(bulk: lines.joined()) }
    case "SETINFO": try setInfo(&reader, target)
    case "NO-EVICT", "NO-TOUCH": target.answer { $0.writeRESP(status: "OK") }
    case "REPLY":
      guard try reader.keyword() == "ON" else { throw reader.malformed("expected REPLY ON: every command is answered") }
      target.answer { $0.writeRESP(status: "OK") }
    case let other?: throw reader.unexpected(other)
    case nil: throw reader.malformed("expected a subcommand; the syntax: \(CommandTable.syntax("CLIENT"))")
    }
  }

  private func setInfo(_ reader: inout ArgumentReader, _ target: ReplyTarget) throws(CommandError) {
    switch try reader.keyword() {
    case "LIB-NAME": target.connection.facts.libraryName = try clientName(&reader)
    case "LIB-VER": target.connection.facts.libraryVersion = try clientName(&reader)
    default: throw reader.malformed("expected SETINFO LIB-NAME or LIB-VER")
    }
    target.answer { $0.writeRESP(status: "OK") }
  }

  private func line(of connection: WorkerConnection) -> String {
    let facts = connection.facts
    let session = connection.session
    let (name, command) = (Self.field(session.name ?? session.id), Self.field(facts.lastCommand.lowercased()))
    return "id=\(connection.id) addr=\(connection.origin.description) name=\(facts.name) "
      + "age=\((NIODeadline.now() - connection.since).nanoseconds / 1_000_000_000) "
      + "session=\(name) permits=\(session.permits.count) waiting=\(session.waiting.count) "
      + "pending=\(connection.pendingCount) cmd=\(command) lib-name=\(facts.libraryName) "
      + "lib-ver=\(facts.libraryVersion)\n"
  }

  /// What a client chose, so that it ends neither its field nor the line.
  private static func field(_ text: String) -> String {
    String(decoding: text.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
