import Hiredis

/// Commands that would change the connection that all callers share, or answer more or less than one reply. Over a shared
/// connection each of them would harm somebody else.
enum ConnectionCommands {
  private static let refused: Set<String> = [
    "AUTH", "HELLO", "SELECT", "RESET", "QUIT", "MONITOR", "SYNC", "PSYNC", "ASKING", "READONLY", "READWRITE",
    "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH",
    "SUBSCRIBE", "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE",
  ]

  /// Why a command is not sent; `nil`: it may be.
  static func refusal(of arguments: [CommandArgument]) -> RedisError? {
    // Longer names are none of ours; this keeps the cost away from everything else.
    guard let name = arguments.first, name.encodedCount <= 12 else { return nil }
    let upper = String(decoding: name.bytes, as: UTF8.self).uppercased()
    let isClientReply =
      upper == "CLIENT" && arguments.count > 1
      && String(decoding: arguments[1].bytes, as: UTF8.self).uppercased() == "REPLY"
    guard isClientReply || refused.contains(upper) else { return nil }
    return RedisError(
      .unsupportedCommand,
      "\(isClientReply ? "CLIENT REPLY" : upper) would change the connection that all callers share. Say AUTH, SELECT and the "
        + "like in RedisConfiguration, use subscribe(_:) for channels, and a script instead of MULTI.",
      outcome: .notSent)
  }
}
