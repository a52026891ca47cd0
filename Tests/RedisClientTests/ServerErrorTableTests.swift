import Testing

@testable import RedisClient

@Suite("What error replies mean")
struct ServerErrorTableTests {
  /// The whole table once more, in the words of Redis 7.0 (`server.c`, `shared.*err`) and of its documentation.
  struct Row: Sendable, CustomTestStringConvertible {
    let reply: String
    let code: RedisError.Code
    let retry: RedisError.Retry
    var connectionStays = true
    var isFatal = false
    var script = RedisError.Outcome.refused
    let advice: String
    var testDescription: String { reply }
  }

  @Test(arguments: [
    Row(
      reply: "NOSCRIPT No matching script. Please use EVAL.", code: .noScript, retry: .afterLoad,
      advice: "SCRIPT FLUSH"),
    Row(reply: "LOADING Redis is loading the dataset in memory", code: .loading, retry: .later, advice: "wait"),
    Row(
      reply: "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", code: .busy,
      retry: .later, advice: "SCRIPT KILL"),
    Row(
      reply: "READONLY You can't write against a read only replica.", code: .readOnly, retry: .elsewhere,
      connectionStays: false, advice: "primary"),
    Row(reply: "MOVED 3999 127.0.0.1:6381", code: .moved, retry: .elsewhere, advice: "another one"),
    Row(reply: "ASK 3999 127.0.0.1:6381", code: .ask, retry: .elsewhere, advice: "ASKING"),
    Row(
      reply: "TRYAGAIN Multiple keys request during rehashing of slot", code: .tryAgain, retry: .later, advice: "wait"),
    Row(
      reply: "CLUSTERDOWN Hash slot not served", code: .clusterDown, retry: .later, advice: "CLUSTER INFO"),
    Row(
      reply: "CROSSSLOT Keys in request don't hash to the same slot", code: .crossSlot, retry: .never,
      advice: "hash tag"),
    Row(
      reply: "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", code: .masterDown,
      retry: .later, advice: "INFO replication"),
    Row(
      reply: "NOREPLICAS Not enough good replicas to write.", code: .noReplicas, retry: .later, advice: "min-replicas"),
    Row(
      reply: "OOM command not allowed when used memory > 'maxmemory'.", code: .outOfMemory, retry: .later,
      advice: "maxmemory"),
    Row(
      reply: "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
      code: .misconfigured, retry: .later, advice: "disk"),
    Row(
      reply: "NOPERM this user has no permissions to run the 'set' command", code: .noPermission, retry: .never,
      isFatal: true, script: .unknown, advice: "ACL SETUSER"),
    Row(
      reply:
        "ERR ACL failure in script: User limiterd has no permissions to run the 'hincrby' command script: d4d3, on @user_script:9.",
      code: .noPermission, retry: .never, isFatal: true, script: .unknown, advice: "ACL LOG"),
    Row(
      reply: "ERR The user executing the script can't run this command or subcommand script: d4d3, on @user_script:9.",
      code: .noPermission, retry: .never, isFatal: true, script: .unknown, advice: "ACL LOG"),
    Row(
      reply: "NOAUTH Authentication required.", code: .authenticationRequired, retry: .never, isFatal: true,
      advice: "redis://:password@host"),
    Row(
      reply: "WRONGPASS invalid username-password pair or user is disabled.", code: .wrongPassword, retry: .never,
      isFatal: true, advice: "ACL LIST"),
    Row(reply: "ERR invalid password", code: .wrongPassword, retry: .never, isFatal: true, advice: "requirepass"),
    Row(
      reply:
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
      code: .wrongPassword, retry: .never, isFatal: true, advice: "Remove it"),
    Row(
      reply: "ERR AUTH: this limiterd has no password; leave it out, or configure one", code: .wrongPassword,
      retry: .never, isFatal: true, advice: "Leave the password out"),
    Row(
      reply: "DENIED Redis is running in protected mode because protected mode is enabled", code: .protectedMode,
      retry: .never, connectionStays: false, isFatal: true, advice: "loopback"),
    Row(
      reply: "ERR max number of clients reached", code: .tooManyClients, retry: .later, connectionStays: false,
      advice: "maxclients"),
    Row(
      reply: "WRONGTYPE Operation against a key holding the wrong kind of value", code: .wrongType, retry: .never,
      script: .unknown, advice: "another type"),
    Row(
      reply: "ERR unknown command 'FOO'", code: .unknownCommand, retry: .never, script: .unknown,
      advice: "does not have"),
    Row(
      reply: "ERR value is not an integer or out of range", code: .server, retry: .never, script: .unknown,
      advice: "Redis answered"),
    // Words that only begin like a row of the table.
    Row(
      reply: "BUSYGROUP Consumer Group name already exists", code: .server, retry: .never, script: .unknown, advice: ""),
    Row(reply: "BUSYKEY Target key name already exists.", code: .server, retry: .never, script: .unknown, advice: ""),
    Row(reply: "LOADINGX", code: .server, retry: .never, script: .unknown, advice: ""),
    Row(reply: "ERR LOADING", code: .server, retry: .never, script: .unknown, advice: ""),
    Row(reply: "", code: .server, retry: .never, script: .unknown, advice: ""),
    Row(reply: "OOM", code: .outOfMemory, retry: .later, advice: ""),
  ])
  func isWrittenInOnePlace(_ row: Row) {
    let error = ServerErrorTable.error(forReply: row.reply, isScript: false)
    #expect(error.code == row.code)
    #expect(error.retry == row.retry)
    #expect(error.isFatal == row.isFatal)
    #expect(error.message.contains(row.advice) || row.advice.isEmpty)
    #expect(error.outcome == .refused && error.isSafeToSendAgain, "a plain command that fails has done nothing")
    #expect(ServerErrorTable.error(forReply: row.reply, isScript: true).outcome == row.script)
    #expect(ServerErrorTable.rule(forReply: row.reply).keepsConnection == row.connectionStays)
  }

  @Test func everyRowIsTested() {
    // A row that is added without a test makes this number wrong.
    #expect(ServerErrorTable.rules.count == 25)
  }

  @Test func argumentsThatRedisRepeatsAreCutOff() {
    let error = ServerErrorTable.error(
      forReply: "ERR unknown command 'SET', with args beginning with: 'key' 'hunter2' ", isScript: false)
    #expect(!error.description.contains("hunter2"))
    let long = ServerErrorTable.error(forReply: "ERR " + String(repeating: "x", count: 5_000), isScript: true)
    #expect(long.message.count < 500)
  }

  @Test func errorsThatRedisDidNotAnswerHaveNoRow() {
    let error = RedisError(.timeout, "x", outcome: .unknown)
    #expect(error.retry == nil && !error.isFatal && !error.isSafeToSendAgain)
    #expect(error.asNotSent().isSafeToSendAgain)
  }
}
