/// What each error reply of Redis means: the one place where that is decided.
///
/// | column | meaning |
/// | --- | --- |
/// | `prefix` | how the reply begins; whole words, the first row that fits wins |
/// | `retry` | what may help |
/// | `keepsConnection` | more commands may follow on the same connection; if not, it is drained and replaced |
/// | `isFatal` | nothing helps until somebody changes a configuration; during the first handshake it ends `run()` |
/// | `leavesNoTrace` | a *script* that answers this has written nothing. (A plain command that answers an error never has.) |
enum ServerErrorTable {
  struct Rule: Sendable {
    let prefix: String
    let code: RedisError.Code
    let retry: RedisError.Retry
    let keepsConnection: Bool
    let isFatal: Bool
    let leavesNoTrace: Bool
    let advice: String

    fileprivate init(
      _ prefix: String, _ code: RedisError.Code, _ retry: RedisError.Retry, keepsConnection: Bool = true,
      isFatal: Bool = false, leavesNoTrace: Bool = true, _ advice: String
    ) {
      self.prefix = prefix
      self.code = code
      self.retry = retry
      self.keepsConnection = keepsConnection
      self.isFatal = isFatal
      self.leavesNoTrace = leavesNoTrace
      self.advice = advice
    }
  }

  static let rules: [Rule] = [
    Rule(
      "NOSCRIPT", .noScript, .afterLoad,
      "Redis forgot the script again after it was loaded; look for SCRIPT FLUSH, or for a proxy in between."),
    Rule("LOADING", .loading, .later, "Redis reads its data after a start; wait."),
    // A command that arrives while a script is slow is refused; the slow script is somebody else's.
    Rule(
      "BUSY", .busy, .later,
      "A script runs longer than busy-reply-threshold; wait, or end it with SCRIPT KILL (it must not have written yet)."
    ),
    // After a failover the name leads to the new primary, but only for a new connection.
    Rule(
      "READONLY", .readOnly, .elsewhere, keepsConnection: false,
      "This is a replica. Name the primary in the URL; after a failover the client finds it by connecting again."),
    Rule("MOVED", .moved, .elsewhere, "This is a node of a cluster, and another one has the slot; ask that one."),
    Rule("ASK", .ask, .elsewhere, "The slot is on its way to another node; ask that one, after ASKING."),
    Rule("TRYAGAIN", .tryAgain, .later, "The slot is on its way to another node; wait."),
    Rule("CLUSTERDOWN", .clusterDown, .later, "The cluster does not serve this slot; look at CLUSTER INFO."),
    Rule("CROSSSLOT", .crossSlot, .never, "The keys of one call must share one hash tag."),
    Rule("MASTERDOWN", .masterDown, .later, "This replica has lost its primary; look at INFO replication."),
    Rule(
      "NOREPLICAS", .noReplicas, .later,
      "Fewer replicas are connected than min-replicas-to-write asks for; look at INFO replication."),
    // A script without `#!lua` may start although memory is short, but is stopped before its first write.
    Rule(
      "OOM", .outOfMemory, .later,
      "maxmemory is reached. Give Redis more memory; with maxmemory-policy noeviction nothing is forgotten."),
    Rule(
      "MISCONF", .misconfigured, .later,
      "Redis cannot save to disk and refuses writes; look at its log, the free space and the rights of its folder."),
    Rule(
      "NOPERM", .noPermission, .never, isFatal: true, leavesNoTrace: false,
      "The ACL user may not do this. Grant it: ACL SETUSER <user> +<command> ~<key pattern>; ACL LOG shows what was refused."
    ),
    // Within a script: from Redis 7.2 on and in Valkey, and in Redis 7.0.
    Rule("ERR ACL failure in script", .noPermission, .never, isFatal: true, leavesNoTrace: false, scriptAdvice),
    Rule(
      "ERR The user executing the script can't", .noPermission, .never, isFatal: true, leavesNoTrace: false,
      scriptAdvice),
    Rule(
      "NOAUTH", .authenticationRequired, .never, isFatal: true,
      "Redis wants a password. Put it into the URL: redis://:password@host or redis://user:password@host."),
    Rule(
      "WRONGPASS", .wrongPassword, .never, isFatal: true,
      "Redis does not accept this user and password, or the user is off. Compare the URL with ACL LIST or requirepass."),
    // Redis before 6.
    Rule("ERR invalid password", .wrongPassword, .never, isFatal: true, "Compare the URL with requirepass."),
    Rule(
      "ERR AUTH <password> called without any password configured", .wrongPassword, .never, isFatal: true,
      "The URL has a password and Redis has none. Remove it from the URL, or set requirepass."),
    // limiterd, which is asked in the same way.
    Rule(
      "ERR AUTH: this limiterd has no password", .wrongPassword, .never, isFatal: true,
      "Leave the password out, or configure one there."),
    Rule(
      "DENIED", .protectedMode, .never, keepsConnection: false, isFatal: true,
      "Redis is in protected mode: it has no password and we are not on its host. Set a password, or bind it to loopback."
    ),
    Rule(
      "ERR max number of clients reached", .tooManyClients, .later, keepsConnection: false,
      "Redis has as many connections as maxclients allows; look at CLIENT LIST."),
    Rule(
      "WRONGTYPE", .wrongType, .never, leavesNoTrace: false,
      "The key holds another type: something else writes under this name."),
    Rule(
      "ERR unknown command", .unknownCommand, .never, leavesNoTrace: false, "This server does not have the command."),
  ]

  private static let scriptAdvice =
    "The ACL user may run the script, but not all that it does. Grant that, too: ACL LOG shows what was refused."

  /// What is not in the table.
  static let other = Rule("", .server, .never, leavesNoTrace: false, "")

  /// The row of the reply `-text`.
  static func rule(forReply text: String) -> Rule {
    rules.first { rule in
      guard text.hasPrefix(rule.prefix) else { return false }
      // `BUSY` must not take `BUSYGROUP` or `BUSYKEY`.
      guard let next = text.dropFirst(rule.prefix.count).first else { return true }
      return !next.isLetter
    } ?? other
  }

  /// The first row of a code; `nil` for codes that no reply has.
  static func rule(for code: RedisError.Code) -> Rule? {
    code == .server ? other : rules.first { $0.code == code }
  }

  /// The error that the caller gets for the reply `-text`.
  static func error(forReply text: String, isScript: Bool) -> RedisError {
    let rule = rule(forReply: text)
    let ran = isScript && !rule.leavesNoTrace
    let said = "Redis answered: \(withoutArguments(text))"
    return RedisError(
      rule.code, rule.advice.isEmpty ? said : "\(said) -- \(rule.advice)", outcome: ran ? .unknown : .refused)
  }

  /// Redis repeats arguments in one case, and they may be secret; and a script's error can be any length.
  private static func withoutArguments(_ text: String) -> String {
    let end = text.firstRange(of: ", with args beginning with")?.lowerBound ?? text.endIndex
    let said = text[..<end]
    return said.count <= 300 ? String(said) : "\(said.prefix(300)) ..."
  }
}
