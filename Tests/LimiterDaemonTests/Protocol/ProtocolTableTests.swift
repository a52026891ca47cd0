import Hiredis
import LimiterCore
import TestSupport
import Testing

extension WholeTests {
  /// Every command, and what is wrong with it: the words of the reply, and a connection that lives on.
  @Suite(.serialized) struct ProtocolTableTests {
    static let good: [(line: String, reply: String)] = [
      ("PING", "+PONG"), ("ping", "+PONG"), ("PiNg text", "$text"), ("ECHO text", "$text"), ("SELECT 0", "+OK"),
      ("CLIENT SETNAME me", "+OK"), ("CLIENT GETNAME", "$me"), ("CLIENT SETINFO LIB-NAME lib", "+OK"),
      ("CLIENT SETINFO lib-ver 1.0", "+OK"), ("CLIENT NO-EVICT on", "+OK"), ("CLIENT REPLY ON", "+OK"),
      ("COMMAND COUNT", ":32"), ("CONFIG GET save", "*[$save, $]"), ("CONFIG GET nothing", "*[]"),
      ("PERMITS", "*[]"), ("PERMITS nobody", "*[]"), ("QUEUE", "*[]"), ("QUEUE m", "*[]"), ("QUIT", "+OK"),
      ("RENEW s/m.1.1", ":0"), ("RENEW s/m.1.1 HOLD 5", ":0"), ("SETTLE s/m.1.1", "+gone"), ("CANCEL s/m.1.1", "+gone"),
      ("HELD s/m.1.1", ":0"), ("FORGET nothing", ":0"),
      ("ABANDON s/m.1.1", "+gone"), ("SETTLE s/m.1.1 UNKNOWN", "+gone"), ("TAG 3 PING", "*[:3, +PONG]"),
      ("TAG 3 NONSENSE", "*[:3, -ERR unknown command `NONSENSE`; COMMAND lists those that there are]"),
      ("TAG 1 TAG 2 PING", "*[:1, -ERR TAG: expected a command after the tag, another TAG came]"), ("RESET", "+RESET"),
      ("RUNS", "*[]"), ("WAITERS", "*[]"), ("COOLDOWNS", "*[]"),
      ("OBSERVE s/m.1.1 REFUSED REQUESTS 5 LIMIT 9 RESET 1000", "*[]"),
      ("OBSERVE s/m.1.1", "*[]"), ("OBSERVE s/m.1.1 REQUESTS 5 LIMIT 9 REQUESTS 3 LIMIT 100 RESET 1", "*[]"),
      ("COOLDOWN m", "*[$admission, $clear, $generation, :0, $left_us, :0, $reason, $, $opened, :0, $since_us, :0]"),
      (
        "COOLDOWN m CLEAR",
        "*[$admission, $clear, $generation, :0, $left_us, :0, $reason, $, $opened, :0, $since_us, :0]"
      ),
      ("REPORT", "*[$alert, $none, $counts, *[]]"),
      ("REPORT calls 3 failure:timeout 1", "*[$alert, $none, $counts, *[*[$calls, :3], *[$failure:timeout, :1]]]"),
      ("HELLO 3", "-NOPROTO"), ("AUTH secret", "-ERR AUTH: this limiterd has no password"),
    ]

    static let bad: [(line: String, says: String)] = [
      ("NONSENSE", "unknown command `NONSENSE`"), ("SELECT 1", "from 0 to 0"), ("ECHO", "expected one text"),
      ("PING a b", "at most one text"), ("ACQUIRE", "expected a model's name, nothing came"),
      ("ACQUIRE nobody", "the policy has no model `nobody`"), ("ACQUIRE m TOKENS", "expected TOKENS, a whole number"),
      ("ACQUIRE m TOKENS x", "got `x`"), ("ACQUIRE m TOKENS -1", "got `-1`"), ("ACQUIRE m TOKENS 1.5", "got `1.5`"),
      ("ACQUIRE m TOKENS 9007199254740992", "from 0 to 9007199254740991"),
      ("ACQUIRE m TOKENS 99999999999999999999", "whole number"), ("ACQUIRE m TOKENS 1 TOKENS 2", "is given twice"),
      ("ACQUIRE m PRIORITY 0", "from 1 to 10"), ("ACQUIRE m PRIORITY 11", "from 1 to 10"),
      ("ACQUIRE m WAIT -5", "WAIT"),
      ("ACQUIRE m HOLD 99999999999", "HOLD"), ("ACQUIRE m ATTR k", "an attribute's value"),
      ("ACQUIRE m ATTR k v ATTR k w", "given twice"), ("ACQUIRE m TENANT", "a tenant's name"),
      ("ACQUIRE m MORE 1", "unknown keyword `MORE`; its syntax: ACQUIRE <model>"), ("SETTLE", "a permit's id"),
      ("SETTLE s/m.1.1 INPUT", "whole number"), ("SETTLE s/m.1.1 INPUT 1 UNKNOWN", "amounts or UNKNOWN, both came"),
      ("SETTLE nonsense", "expected the id of a permit"), ("CANCEL s/m.1.1 more", "expected the end of the command"),
      ("RENEW s/m.1.1 HOLD 0", "from 1 to"), ("RENEW s/m.1.1 KEEP 5", "unknown keyword"),
      ("QUEUE nobody", "no model `nobody`"), ("LIMITS nobody", "no model `nobody`"), ("TAG", "a tag"),
      ("TAG x PING", "got `x`"), ("TAG 1", "expected a command after the tag"),
      ("SESSION a GRACE x", "GRACE"), ("SESSION a KEEP 5", "unknown keyword"), ("CLIENT", "expected a subcommand"),
      ("CLIENT KILL 1", "unknown keyword `KILL`"), ("CONFIG SET a b", "expected GET"),
      ("COMMAND NONE", "unknown keyword"),
      ("HELLO 3", "NOPROTO"), ("HELLO 2 MORE", "unknown keyword"), ("AUTH", "expected [user] and a password"),
      ("FORGET", "an operation's name"), ("FORGET a b", "expected the end"), ("HELD", "a permit's id"),
      ("ACQUIRE n HOLD 0", "a hold of 0 (HOLD, or `hold_ms`) keeps no permit"), ("RUNS m", "expected the end"),
      ("OBSERVE", "a permit's id"), ("OBSERVE nonsense", "expected the id of a permit"),
      ("OBSERVE s/m.1.1 LIMIT 5", "unknown keyword `LIMIT`"), ("OBSERVE s/m.1.1 REQUESTS -1", "REQUESTS"),
      ("OBSERVE s/m.1.1 REFUSED REFUSED", "given twice"), ("OBSERVE s/m.1.1 DOLLARS 1", "unknown keyword"),
      ("COOLDOWN m ADMIT LEASE 0", "from 1 to"), ("COOLDOWN m OPEN", "expected why"),
      ("REPORT x 1", "expected one of calls"),
    ]

    private static let limits = "tokens: {tokens: 100/1h, models: [m]}\nslots: {concurrency: 1, models: [n]}"

    @Test func `every command is answered as the table says`() async throws {
      try await withDaemon(Self.limits) { daemon in
        var worker = try await daemon.connect()
        for (line, expected) in Self.good {
          let reply = text(try await worker.call(line: line))
          if expected.hasPrefix("-") {
            #expect(reply.hasPrefix(expected), "\(line)")
          } else {
            #expect(reply == expected, "\(line)")
          }
          if line == "QUIT" {
            #expect(try await worker.reply() == nil)
            worker = try await daemon.connect()
          }
        }
      }
    }

    @Test func `a wrong command says what was expected, and the connection lives`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let worker = try await daemon.connect()
        for (line, says) in Self.bad {
          let error = try await worker.call(line: line).errorMessage
          #expect(error?.contains(says) == true, "\(line): \(error ?? "no error")")
        }
        #expect(try await worker.call("PING") == .status("PONG"))
        #expect(try await daemon.info("permits_held") == 0)
      }
    }

    @Test func `between MULTI and EXEC nothing is carried out`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let worker = try await daemon.connect()
        for end in ["EXEC", "DISCARD"] {
          #expect(try await worker.call(line: "ACQUIRE m TOKENS 3 HOLD 0").isGranted)
          #expect(try await worker.call("MULTI").errorMessage?.contains("there are no transactions") == true)
          // Word by word what was asked before, too.
          for line in ["ACQUIRE m TOKENS 3 HOLD 0", "ACQUIRE n", "TAG 1 ACQUIRE n", "PING", "SESSION other"] {
            let reply = try await worker.call(line: line)
            let error = reply.errorMessage ?? reply.array?.last?.errorMessage
            #expect(error?.contains("not carried out, as it follows a MULTI") == true, "\(line): \(text(reply))")
          }
          #expect(try await worker.call("NONSENSE").errorMessage?.contains("unknown command") == true)
          #expect(try await worker.call(end).errorMessage?.hasPrefix("EXECABORT nothing since MULTI") == true)
          #expect(try await worker.call(end).errorMessage?.contains("unknown command") == true)
        }
        #expect(try await daemon.info("granted") == 2)
        #expect(try await daemon.info("permits_held") == 0)
        #expect(try await worker.call("MULTI").errorMessage != nil)
        #expect(try await worker.call("RESET") == .status("RESET"))
        #expect(try await worker.call(line: "ACQUIRE n").isGranted)
      }
    }

    @Test func `HELLO, INFO, LIMITS and COMMAND tell what there is`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "HELLO 2 SETNAME me")["server"]?.string == "limiterd")
        #expect(try await worker.call(line: "CLIENT LIST").string?.contains("name=me") == true)
        #expect(try await worker.call(line: "CLIENT INFO").string?.contains("name=me") == true)
        #expect(try await worker.call(line: "INFO server").string?.hasPrefix("# Server\r\nlimiterd_version:") == true)
        let limits = try #require(try await worker.call(line: "LIMITS m").array)
        #expect(limits.count == 1)
        #expect(limits[0]["limit"]?.string == "tokens")
        #expect(limits[0]["allowed"] == .integer(100))
        #expect(try await worker.call(line: "COMMAND").array?.count == 32)
        #expect(try await worker.call(line: "COMMAND DOCS acquire").array?.count == 2)
      }
    }

    @Test func `a budget that never starts anew has one name everywhere`() async throws {
      try await withDaemon("runs: {per: run, budget: 1 USD}\nday: {budget: 1 USD/day}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r COST 1").isGranted)
        let limits = try #require(try await worker.call(line: "LIMITS").array)
        #expect(limits.map { $0["period"]?.string } == [BudgetPeriod.lifetime.name, "day"])
        let peeked = try await worker.call(line: "PEEK m RUN r COST 1")["limits"]?.array?.first
        #expect(peeked?["period"]?.array?.first?.string == BudgetPeriod.lifetime.name)
        let runs = try await worker.call(line: "RUNS").array
        #expect(runs?.first?["period"]?.string == BudgetPeriod.lifetime.name)
      }
    }

    @Test(arguments: ["", " DETAILS"])
    func `a grant says what remains of each limit`(_ details: String) async throws {
      try await withDaemon("tokens: {tokens: 100/1h}\nslots: {concurrency: 2}") { daemon in
        let worker = try await daemon.connect()
        for remaining in [[70, 1], [40, 0]] as [[Int64]] {
          let reply = try await worker.call(line: "ACQUIRE m TOKENS 30" + details)
          #expect(try #require(reply["limits"]?.array).map { $0.array?.last } == remaining.map { .integer($0) })
        }
      }
    }

    /// `m` costs 1 and 2 USD per million tokens.
    @Test func `MAX_OUTPUT is what money is reserved for`() async throws {
      try await withDaemon("tokens: {tokens: 100/1h}\nruns: {per: run, budget: 1 USD}") { daemon in
        let worker = try await daemon.connect()
        let reply = try await worker.call(line: "ACQUIRE m RUN r INPUT 10 OUTPUT 20 MAX_OUTPUT 1000")
        #expect(try #require(reply["limits"]?.array).map { $0.array?[2] } == [.integer(30), .integer(2_010_000)])
      }
    }

    @Test func `EXPLAIN tells who holds and who waits ahead`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let worker = try await daemon.connect()
        _ = try await worker.call(line: "SESSION holder")
        #expect(try await worker.call(line: "ACQUIRE n").isGranted)
        worker.send("TAG", "1", "ACQUIRE", "n", "PRIORITY", "3", "WAIT", "20000")
        try await eventually("it waits for the slot") {
          try await worker.call(line: "QUEUE n").array?.first?["limit"]?.string == "slots"
        }
        let explained = try await worker.call(line: "EXPLAIN n PRIORITY 5")
        #expect(explained["would_wait"] == .integer(1))
        let limit = try #require(explained["limits"]?.array?.first)
        #expect(limit["waiting_ahead"] == .integer(1))
        #expect(limit["fits"] == .integer(0))
        #expect(text(limit["holders"] ?? .null) == "*[*[$holder, :1]]")
        // An urgent call would pass it.
        let urgent = try await worker.call(line: "EXPLAIN n PRIORITY 1")
        #expect(urgent["limits"]?.array?.first?["waiting_ahead"] == .integer(0))
        #expect(try await worker.call(line: "ACQUIRE n PRIORITY 9")["queue_position"] == .integer(1))
      }
    }

    /// A reply on one line.
    private func text(_ reply: Reply) -> String {
      switch reply {
      case .status(let text): "+\(text)"
      case .error(let text): "-\(text)"
      case .integer(let number): ":\(number)"
      case .bulk: "$\(reply.string ?? "")"
      case .null: "nil"
      case .array(let elements): "*[\(elements.map(text).joined(separator: ", "))]"
      }
    }
  }
}
