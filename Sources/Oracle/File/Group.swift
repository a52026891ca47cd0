/// What one script call (or one plain command) did: all of it happened at one instant, or nothing.
struct Group {
  var place: Place
  var database: Int
  var commands: [Command]
  /// The server's clock in whole seconds, of the last annotation; `nil` if the file has none.
  var second: Int64?
  /// The commands stood between MULTI and EXEC.
  var isTransaction: Bool

  /// The group happened before this instant of the server's clock; `nil` if the file has no annotations.
  var latestMicroseconds: Int64? { second.map { ($0 + 1) * 1_000_000 } }
}
