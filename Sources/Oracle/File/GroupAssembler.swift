/// Puts commands together to groups: MULTI ... EXEC is one, any other command is one by itself. SELECT changes the database.
struct GroupAssembler {
  private var database = 0
  private var second: Int64?
  private var open: Group?

  mutating func take(_ item: CommandScanner.Item, at place: Place) throws(OracleError) -> Group? {
    switch item {
    case .annotation(let text):
      // Redis writes `#TS:<unix seconds>`; other annotations may come in newer versions and mean nothing to us.
      if text.hasPrefix("TS:"), let value = Int64(text.dropFirst(3)) { second = max(second ?? value, value) }
      return nil
    case .command(let words):
      return try take(Command(words), at: place)
    }
  }

  /// The end of a file: a group without its EXEC never happened (Redis cuts it off when it loads the file).
  mutating func dropOpenGroup() -> Place? {
    defer { open = nil }
    return open?.place
  }

  private mutating func take(_ command: Command, at place: Place) throws(OracleError) -> Group? {
    switch command.name {
    case "SELECT":
      guard let number = command.integer(0), number >= 0 else {
        throw OracleError(.malformed, "\(place): expected a database number after SELECT")
      }
      database = Int(number)
      return nil
    case "MULTI":
      // One that is open never happened: of a transaction that its death has cut off, Redis 7.0 leaves the whole commands in the file.
      open = Group(place: place, database: database, commands: [], second: second, isTransaction: true)
      return nil
    case "EXEC":
      guard var group = open else { throw OracleError(.malformed, "\(place): EXEC without MULTI") }
      open = nil
      group.second = second
      group.database = database
      return group
    default:
      guard var group = open else {
        return Group(place: place, database: database, commands: [command], second: second, isTransaction: false)
      }
      guard group.commands.count < OracleBounds.groupCommands else {
        throw OracleError(.malformed, "\(place): more than \(OracleBounds.groupCommands) commands in one group")
      }
      open = nil  // so that the array is not copied for every command
      group.commands.append(command)
      open = group
      return nil
    }
  }
}
