/// Writes lines of a Redis ACL file, for ``PrivateRedisConfiguration/accessControl``.
package enum AccessControl {
  /// `user NAME on >PASSWORD resetkeys ~KEYS resetchannels &CHANNELS -@all COMMANDS`
  ///
  /// - Parameters:
  ///   - keys: patterns, such as `lim:*`.
  ///   - channels: patterns of pub/sub channels.
  ///   - commands: rules in order, such as `+@all` or `-flushall`.
  package static func user(
    _ name: String, password: String, keys: [String] = ["*"], channels: [String] = ["*"], commands: [String] = ["+@all"]
  ) -> String {
    (["user", name, "on", ">\(password)", "resetkeys"] + keys.map { "~\($0)" } + ["resetchannels"]
      + channels.map { "&\($0)" } + ["-@all"] + commands).joined(separator: " ")
  }

  /// Nobody comes in without a name and a password.
  package static let noDefaultUser = "user default off"
}
