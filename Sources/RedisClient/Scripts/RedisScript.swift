import Hiredis

/// A Lua script that Redis runs atomically.
///
/// Register it in ``RedisConfiguration/scripts``: it is then loaded on every connection before the first command, and a
/// call costs 40 bytes instead of its source. A script that is not registered works too; its first call after each restart
/// of Redis costs one more round trip.
public struct RedisScript: Sendable, Hashable {
  /// What people call it; used in messages only.
  public let name: String
  /// The Lua source, sent to Redis byte for byte.
  public let source: String
  /// The name that Redis gives it: the SHA-1 of ``source``, 40 lower-case hexadecimal digits.
  public let sha1: String

  let sha1Argument: CommandArgument

  /// Computes the SHA-1: keep the value, do not make it again for each call.
  public init(name: String, source: String) {
    self.name = name
    self.source = source
    self.sha1 = SHA1.hexadecimal(source.utf8)
    self.sha1Argument = CommandArgument(sha1)
  }

  /// Two scripts are the same when Redis says so.
  public static func == (left: RedisScript, right: RedisScript) -> Bool {
    left.sha1 == right.sha1
  }

  /// By ``sha1``, as `==`.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(sha1)
  }
}
