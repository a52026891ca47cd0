import Foundation
import Hiredis
import LimiterConfiguration
import LimiterDaemon
import NIOCore
import NIOSSL
import SeededRandom
import TestSupport
import Testing

extension WholeTests {
  /// What no client sends, at every front end: an error or a closed connection, and neighbours that notice nothing.
  @Suite(.serialized) struct HostileTests {
    /// An error is answered, and the connection is closed.
    static let broken: [String] =
      [
        "hello\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n", "PING\r\n", "%1\r\n+a\r\n+b\r\n", "_\r\n",
        "+PONG\r\n",
        "-ERR\r\n", ":1\r\n", "$4\r\nPING\r\n", "$-1\r\n", "*\r\n", "*x\r\n", "*-2\r\n", "*01\r\n", "*1\r\n:1\r\n",
        "*1\r\n+PING\r\n", "*1\r\n$-1\r\n", "*1\r\n*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n:1\r\n",
        "*1\r\n$x\r\n", "*1\r\n$-2\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$3\r\nPING\r\n", "*1\r\n$5\r\nPING\r\nxx",
        "*1\r\n$4\nPING\r\n", "*1\n$4\r\nPING\r\n", "*129\r\n", "*2147483647\r\n", "*4294967297\r\n",
        "*9223372036854775807\r\n", "*99999999999999999999\r\n", "*1\r\n$16385\r\n", "*1\r\n$2147483647\r\n",
        "*1\r\n$9223372036854775807\r\n", "*1\r\n$99999999999999999999\r\n", "*1\r\n$ 4\r\nPING\r\n", "\u{0}\u{0}\u{0}",
        "*1\r\r\n", "* 1\r\n", "*+1\r\n", "*1\r\n%4\r\nPING\r\n", "\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n",
        "+" + String(repeating: "a", count: 300), ":" + String(repeating: "1", count: 300),
      ]

    /// What was begun and never ended.
    static var halves: [String] {
      let whole = "*2\r\n$7\r\nACQUIRE\r\n$1\r\nm\r\n"
      return (1..<whole.utf8.count).map { String(whole.prefix($0)) }
    }

    @Test func `the Unix socket`() async throws {
      try await attack { daemon in try await daemon.connect() }
    }

    @Test func `TCP with a password`() async throws {
      try await attack(password: "secret") { daemon in
        try await WorkerClient.connect(port: try #require(daemon.port))
      }
    }

    @Test func `TLS`() async throws {
      let certificates = try await TestCertificates.shared
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(certificates.authorityFile)
      let context = try NIOSSLContext(configuration: configuration)
      let tls = ServerOptions.TLS(
        certificate: certificates.serverCertificateFile, key: certificates.serverKeyFile)
      try await attack(tls: tls) { daemon in
        try await WorkerClient.connect(port: try #require(daemon.port), tls: context)
      }
      // And what does not even begin with TLS.
      try await attack(tls: tls, expectsReply: false) { daemon in
        try await WorkerClient.connect(port: try #require(daemon.port))
      }
    }

    private func attack(
      password: String? = nil, tls: ServerOptions.TLS? = nil, expectsReply: Bool = true,
      _ connect: @escaping @Sendable (TestDaemon) async throws -> WorkerClient
    ) async throws {
      var generator = SeededGenerator(for: "hostile inputs")
      let noise = (0..<30).map { _ in
        (0..<Int.random(in: 1...2_000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      }
      try await withDaemon(
        "slots: {concurrency: 1}",
        change: { settings in
          settings.server.tcp = .init(host: "127.0.0.1", port: 0)
          settings.server.password = password
          settings.server.tls = tls
        }
      ) { daemon in
        let neighbour = try await daemon.connect()
        #expect(try await neighbour.call(line: "ACQUIRE m").isGranted)
        for input in Self.broken {
          let attacker = try await connect(daemon)
          attacker.send(raw: input)
          if expectsReply {
            let error = try await attacker.reply()?.errorMessage
            #expect(error?.hasPrefix("ERR Protocol error") == true, "\(input.debugDescription): \(error ?? "nothing")")
            #expect(try await attacker.reply() == nil, "\(input.debugDescription)")
          }
          await attacker.close()
        }
        for input in Self.halves {
          let attacker = try await connect(daemon)
          attacker.send(raw: input)
          await attacker.close()
        }
        for input in noise {
          let attacker = try await connect(daemon)
          attacker.send(bytes: input)
          attacker.send(raw: "\r\n*1\r\n$4\r\nQUIT\r\n")
          await attacker.close()
        }
        try await eventually("the attackers are gone") { try await daemon.info("connected_clients") == 2 }
        #expect(try await neighbour.call("PING") == .status("PONG"))
        #expect(try await daemon.info("permits_held") == 1)
        #expect(try await daemon.info("sessions") == 2)
      }
    }

    @Test func `a connection too many to the TLS port is closed, whether it speaks TLS, something else or nothing`()
      async throws
    {
      let certificates = try await TestCertificates.shared
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(certificates.authorityFile)
      let context = try NIOSSLContext(configuration: configuration)
      try await withDaemon(
        "slots: {concurrency: 1}",
        change: { settings in
          settings.server.tcp = .init(host: "127.0.0.1", port: 0)
          settings.server.tls = ServerOptions.TLS(
            certificate: certificates.serverCertificateFile, key: certificates.serverKeyFile)
          settings.server.maximumConnections = 1
        }
      ) { daemon in
        let neighbour = try await daemon.connect()
        #expect(try await neighbour.call("PING") == .status("PONG"))
        let port = try #require(daemon.port)
        let (plain, silent) = (try await WorkerClient.connect(port: port), try await WorkerClient.connect(port: port))
        plain.send("PING")
        // Half of a greeting: a record of TLS whose end never comes.
        let half = try await WorkerClient.connect(port: port)
        half.send(bytes: [0x16, 3, 1, 2, 0, 1])
        let speaking = try await WorkerClient.connect(port: port, tls: context)
        #expect(try await speaking.reply()?.errorMessage == "ERR max number of clients reached")
        for client in [plain, silent, half, speaking] { #expect(try await client.reply(within: .seconds(20)) == nil) }
        #expect(try await neighbour.call("PING") == .status("PONG"))
      }
    }

    @Test func `without the password nothing is done, and wrong ones end the connection`() async throws {
      try await withDaemon(
        "slots: {concurrency: 1}",
        change: { settings in
          settings.server.tcp = .init(host: "127.0.0.1", port: 0)
          settings.server.password = "secret"
        }
      ) { daemon in
        let port = try #require(daemon.port)
        let worker = try await WorkerClient.connect(port: port)
        for line in ["ACQUIRE m", "PING", "SESSION", "TAG 1 ACQUIRE m", "CLIENT LIST", "COMMAND", "HELLO 2"] {
          let error = try await worker.call(line: line).errorMessage
          #expect(error?.hasPrefix("NOAUTH") == true, "\(line): \(error ?? "no error")")
        }
        #expect(try await worker.call("AUTH", "other", "secret").errorMessage?.hasPrefix("WRONGPASS") == true)
        #expect(try await worker.call(line: "HELLO 2 AUTH default secret SETNAME me")["proto"] == .integer(2))
        #expect(try await worker.call(line: "ACQUIRE m").isGranted)
        // Nobody keeps more than a password in memory before it.
        for request in ["*11\r\n", "*2\r\n$4\r\nAUTH\r\n$4097\r\n"] {
          let stranger = try await WorkerClient.connect(port: port)
          stranger.send(bytes: Array(request.utf8))
          #expect(try await stranger.reply()?.errorMessage?.hasPrefix("ERR Protocol error") == true)
          #expect(try await stranger.reply() == nil)
        }
        let long = String(repeating: "r", count: 300)
        #expect(try await worker.call("ACQUIRE", "m", "RUN", long).errorMessage?.contains("256") == true)
        let guesser = try await WorkerClient.connect(port: port)
        for guess in ["", "s", "secre", "secrets", "SECRET"] {
          #expect(try await guesser.call("AUTH", guess).errorMessage?.hasPrefix("WRONGPASS") == true)
        }
        #expect(try await guesser.reply() == nil)
        let other = try await WorkerClient.connect(port: port)
        #expect(try await other.call("AUTH", "secret") == .status("OK"))
        // Neither RESET nor what is sent ahead gives more tries.
        let patient = try await WorkerClient.connect(port: port)
        for _ in 0..<4 { #expect(try await patient.call("AUTH", "x").errorMessage?.hasPrefix("WRONGPASS") == true) }
        #expect(try await patient.call("RESET") == .status("RESET"))
        patient.send([["AUTH", "x"], ["AUTH", "secret"], ["PING"]])
        for code in ["WRONGPASS", "WRONGPASS", "NOAUTH"] {
          #expect(try await patient.reply()?.errorMessage?.hasPrefix(code) == true)
        }
        #expect(try await patient.reply() == nil)
      }
    }

    @Test func `counts beyond all bounds are counted as the most, and told`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        for calls in ["1", "19", "1"] {
          let reply = try await worker.call("REPORT", "calls", calls, "fallbacks", "9007199254740991")
          #expect(reply.errorMessage == nil, "\(reply)")
        }
        #expect(try await worker.call("INFO", "fleet").string?.contains("fallbacks") == true)
        #expect(try await worker.call("PING") == .status("PONG"))
      }
    }

    /// 8 MiB of replies in one moment, to one that reads them.
    @Test func `whoever takes thousands of answers at once is no slow reader`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m").isGranted)
        let calls = 32_000
        worker.send((1...calls).map { ["TAG", "\($0)", "ACQUIRE", "m", "WAIT", "600000"] })
        #expect(try await worker.call("PING") == .status("PONG"))
        try await eventually("all wait") {
          try await worker.call("INFO").string?.contains("waiting:\(calls)") == true
        }
        daemon.daemon.drain()
        for _ in 0..<calls { #expect(try await worker.reply(within: .seconds(60)) != nil) }
      }
    }

    /// Each looks in ten places: they take their turns, and leave the connection to admissions.
    @Test func `thousands of settlements of unknown permits hold up nobody's call`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (asker, worker) = (try await daemon.connect(), try await daemon.connect())
        let lookups = 4_000
        asker.send((1...lookups).map { ["SETTLE", "s/a.\($0).1"] })
        #expect(try await worker.call(line: "ACQUIRE m").isGranted)
        for _ in 0..<lookups { #expect(try await asker.reply()?.string == "gone") }
        #expect(try await worker.call("INFO", "redis").string?.contains("degradations:0") == true)
      }
    }

    /// They walk over all keys of the Redis.
    @Test(arguments: ["RUNS", "WAITERS"])
    func `a walk over all keys begins in its turn`(_ walk: String) async throws {
      try await withDaemon("slots: {concurrency: 1}\nrun: {per: run, budget: 1.00 USD}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r").isGranted)
        let looks = 2 * DaemonBounds.queries
        worker.send((1...looks).map { ["TAG", "\($0)", "PEEK", "m", "RUN", "r"] } + [["TAG", "0", walk]])
        var last: Reply?
        for _ in 0...looks { last = try await worker.reply()?.array?.first }
        #expect(last == .integer(0))
      }
    }

    @Test func `a client that does not read is read no more, and its neighbours notice nothing`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (slow, neighbour) = (try await daemon.connect(), try await daemon.connect())
        try await slow.setReading(false)
        let text = String(repeating: "x", count: 16_000)
        let (rounds, perRound) = (64, 64)
        for _ in 0..<rounds { slow.send(Array(repeating: ["ECHO", text], count: perRound)) }
        #expect(try await neighbour.call("PING") == .status("PONG"))
        // All of it is answered as soon as it is read.
        try await slow.setReading(true)
        for _ in 0..<rounds * perRound { #expect(try await slow.reply()?.bytes?.count == 16_000) }
      }
    }

    @Test func `a client that asks for more than it takes is closed`() async throws {
      // The replies come from Redis, so all of them are asked for before the first has come.
      let limits = (0..<30).map { "a-limit-with-a-long-name-\($0): {per: tenant, tokens: 100/1h}" }
      try await withDaemon(limits.joined(separator: "\n")) { daemon in
        let (slow, neighbour) = (try await daemon.connect(), try await daemon.connect())
        try await slow.setReading(false)
        slow.send(Array(repeating: ["LIMITS"], count: 3_500))
        try await eventually("it is closed") { try await daemon.info("slow_readers_closed") == 1 }
        #expect(try await neighbour.call("PING") == .status("PONG"))
      }
    }

    @Test func `a flood of connections is bounded`() async throws {
      try await withDaemon("slots: {concurrency: 1}", change: { $0.server.maximumConnections = 40 }) { daemon in
        let neighbour = try await daemon.connect()
        #expect(try await neighbour.call(line: "ACQUIRE m").isGranted)
        var flood: [WorkerClient] = []
        for _ in 0..<200 { flood.append(try await daemon.connect()) }
        var refused = 0
        for client in flood.suffix(150) {
          #expect(try await client.reply()?.errorMessage == "ERR max number of clients reached")
          #expect(try await client.reply() == nil)
          refused += 1
        }
        #expect(refused == 150)
        #expect(try await neighbour.call("PING") == .status("PONG"))
        for client in flood { await client.close() }
        try await eventually("there is room again") {
          let client = try await daemon.connect()
          defer { client.send("QUIT") }
          return try await client.call("PING") == .status("PONG")
        }
      }
    }
  }
}
