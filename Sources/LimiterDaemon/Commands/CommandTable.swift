/// The commands of the worker protocol; docs/worker-protocol.md tells each with an example.
enum CommandTable {
  struct Entry: Sendable {
    var syntax: String
    var summary: String
    /// Before AUTH, and after a takeover.
    var worksWithoutPassword = false
    var run: @Sendable (DaemonCore, WorkerCommand, ReplyTarget) throws(CommandError) -> Void
  }

  private static let call =
    "<model> [TOKENS n] [INPUT n] [OUTPUT n] [MAX_OUTPUT n] [COST nanodollars] [TENANT x] [RUN x] [ATTR k v]... [PRIORITY 1-10]"

  static let entries: [String: Entry] = permits.merging(views) { $1 }.merging(connections) { $1 }

  private static let permits: [String: Entry] = [
    "ACQUIRE": Entry(syntax: "ACQUIRE \(call) [WAIT ms] [HOLD ms] [ID op] [DETAILS]", summary: "Asks for a permit.") {
      core, command, target throws(CommandError) in try core.acquire(command, target)
    },
    "SETTLE": Entry(
      syntax: "SETTLE <permit> [INPUT n] [OUTPUT n] [TOKENS n] [COST n] | UNKNOWN",
      summary: "Replaces what a permit reserved by what was used."
    ) { core, command, target throws(CommandError) in try core.settle(command, target) },
    "CANCEL": Entry(syntax: "CANCEL <permit>", summary: "The call was never sent: everything goes back.") {
      core, command, target throws(CommandError) in try core.cancel(command, target)
    },
    "ABANDON": Entry(
      syntax: "ABANDON <permit>", summary: "Nobody knows what was used: charged as reserved, and listed."
    ) {
      core, command, target throws(CommandError) in try core.abandon(command, target)
    },
    "RENEW": Entry(syntax: "RENEW <permit> [HOLD ms]", summary: "Holds a permit for longer.") {
      core, command, target throws(CommandError) in try core.renew(command, target)
    },
    "HELD": Entry(syntax: "HELD <permit>", summary: "Whether a permit is surely still its holder's.") {
      core, command, target throws(CommandError) in try core.held(command, target)
    },
    "ADOPT": Entry(
      syntax: "ADOPT <permit> [<permit>...]", summary: "Holds on to permits that a limiterd had granted that has died."
    ) { core, command, target throws(CommandError) in try core.adopt(command, target) },
    "OBSERVE": Entry(
      syntax:
        "OBSERVE <permit> [REFUSED] [REQUESTS|TOKENS|INPUT_TOKENS|OUTPUT_TOKENS <remaining> [LIMIT n] [RESET ms]]...",
      summary: "What the provider's answer says of its windows: what others use of them counts as used."
    ) { core, command, target throws(CommandError) in try core.observe(command, target) },
    "FORGET": Entry(syntax: "FORGET <op>", summary: "Withdraws a call of this session that waits.") {
      core, command, target throws(CommandError) in try core.forget(command, target)
    },
    "TAG": Entry(syntax: "TAG <n> <command ...>", summary: "Answers [n, reply] as soon as the reply is ready.") {
      _, _, _ throws(CommandError) in throw CommandError(.malformed, "TAG: expected outside of another TAG")
    },
  ]

  private static let views: [String: Entry] = [
    "PEEK": Entry(syntax: "PEEK \(call)", summary: "Whether a call would be admitted now; changes nothing.") {
      core, command, target throws(CommandError) in try core.peek(command, target)
    },
    "EXPLAIN": Entry(syntax: "EXPLAIN \(call)", summary: "Why a call would wait, limit by limit.") {
      core, command, target throws(CommandError) in try core.explain(command, target)
    },
    "LIMITS": Entry(syntax: "LIMITS [model]", summary: "The limits of the policy, and what is used of them.") {
      core, command, target throws(CommandError) in try core.limits(command, target)
    },
    "PERMITS": Entry(syntax: "PERMITS [session]", summary: "The permits that are held through this limiterd.") {
      core, command, target throws(CommandError) in try core.listPermits(command, target)
    },
    "QUEUE": Entry(syntax: "QUEUE [model]", summary: "The calls that wait in this limiterd, best rank first.") {
      core, command, target throws(CommandError) in try core.queue(command, target)
    },
    "COOLDOWN": Entry(
      syntax:
        "COOLDOWN <model> [ADMIT [PROBES n] [LEASE ms] | OPEN <why> [FOR ms] [BASE ms] [LONGEST ms] [GENERATION g] | SUCCEEDED g | ABANDONED g | CLEAR]",
      summary: "Whether a model is left alone by all workers, and changes that."
    ) { core, command, target throws(CommandError) in try core.cooldown(command, target) },
    "COOLDOWNS": Entry(syntax: "COOLDOWNS", summary: "The models that are or were left alone.") {
      core, command, target throws(CommandError) in try core.cooldowns(command, target)
    },
    "REPORT": Entry(
      syntax: "REPORT [<counter> <amount>]...",
      summary:
        "Adds to what all workers have counted of their calls to providers, and tells the last five minutes of it."
    ) { core, command, target throws(CommandError) in try core.report(command, target) },
    "WAITERS": Entry(syntax: "WAITERS", summary: "Who waits for which limits, on all hosts, best rank first.") {
      core, command, target throws(CommandError) in try core.waiters(command, target)
    },
    "RUNS": Entry(syntax: "RUNS", summary: "The runs that have spent something of a budget per run.") {
      core, command, target throws(CommandError) in try core.runs(command, target)
    },
    "INFO": Entry(syntax: "INFO [section]", summary: "What this limiterd is and does.") {
      core, command, target throws(CommandError) in try core.info(command, target)
    },
  ]

  private static let connections: [String: Entry] = [
    "SESSION": Entry(
      syntax: "SESSION [<name> [GRACE ms]]", summary: "Tells the session, or names it so that it survives a disconnect."
    ) { core, command, target throws(CommandError) in try core.session(command, target) },
    "PING": Entry(syntax: "PING [text]", summary: "Answers PONG, or the text.", worksWithoutPassword: false) {
      core, command, target throws(CommandError) in try core.ping(command, target)
    },
    "ECHO": Entry(syntax: "ECHO <text>", summary: "Answers the text.") {
      core, command, target throws(CommandError) in try core.echo(command, target)
    },
    "HELLO": Entry(
      syntax: "HELLO [2|3] [AUTH user pass] [SETNAME n]", summary: "Tells the server; only protocol 2 is spoken.",
      worksWithoutPassword: true
    ) { core, command, target throws(CommandError) in try core.hello(command, target) },
    "AUTH": Entry(syntax: "AUTH [user] <password>", summary: "Tells the password.", worksWithoutPassword: true) {
      core, command, target throws(CommandError) in try core.authenticate(command, target)
    },
    "CLIENT": Entry(
      syntax: "CLIENT SETNAME|GETNAME|ID|INFO|LIST|SETINFO|NO-EVICT|NO-TOUCH|REPLY ON ...",
      summary: "What clients say of themselves."
    ) { core, command, target throws(CommandError) in try core.clientCommand(command, target) },
    "COMMAND": Entry(syntax: "COMMAND [COUNT|DOCS|INFO|LIST ...]", summary: "The commands.") {
      core, command, target throws(CommandError) in try core.commandCommand(command, target)
    },
    "CONFIG": Entry(syntax: "CONFIG GET <name>...", summary: "For clients that ask; there is nothing to configure.") {
      core, command, target throws(CommandError) in try core.config(command, target)
    },
    "SELECT": Entry(syntax: "SELECT 0", summary: "There is one database.") {
      core, command, target throws(CommandError) in try core.select(command, target)
    },
    "RESET": Entry(
      syntax: "RESET", summary: "Begins anew: another session, and no authentication.", worksWithoutPassword: true
    ) { core, command, target throws(CommandError) in try core.reset(command, target) },
    "QUIT": Entry(syntax: "QUIT", summary: "Closes the connection.", worksWithoutPassword: true) {
      core, command, target throws(CommandError) in core.quit(target)
    },
  ]

  static func syntax(_ command: String) -> String {
    // Written out here: the table's closures read arguments, whose errors ask for the syntax.
    texts[command] ?? command
  }

  private static let texts = entries.mapValues(\.syntax)
}
