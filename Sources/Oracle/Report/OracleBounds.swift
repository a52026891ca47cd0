/// Every bound of the module, by name.
package enum OracleBounds {
  /// Violations that a report lists; more are only counted.
  package static let violations = 1_000
  /// Bytes read from a file at once.
  package static let chunk = 1 << 18
  /// The longest line (a length, a count or an annotation) of an append-only file.
  package static let line = 4_096
  /// Arguments of one command.
  package static let arguments = 1 << 20
  /// Bytes of one argument: Redis' own `proto-max-bulk-len`.
  package static let argument = 512 << 20
  /// Commands between MULTI and EXEC.
  package static let groupCommands = 1 << 20
  /// How far the limiter's clock may stand before the server's (whole seconds in the annotations, a paused process).
  package static let clockSlackMicroseconds: Int64 = 2_000_000
}
