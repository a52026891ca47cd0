import Hiredis
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("TLS with a real server")
struct TLSTests {
  private func withTLS(
    clientCertificates: PrivateRedisTLS.ClientCertificates = .ignored,
    _ body: (Int, TestCertificates) async throws -> Void
  ) async throws {
    let certificates = try await TestCertificates.shared
    let tls = certificates.tls(clientCertificates: clientCertificates)
    try await withRedis(.init(tls: tls)) { server in
      try await body(try #require(server.tlsPort), certificates)
    }
  }

  private func failure(_ url: String) async throws -> RedisError? {
    try await withClient(url) { client in
      await redisError { try await client.waitUntilConnected(within: .seconds(10), failFast: true) }
    }
  }

  @Test("by name and by address", arguments: ["localhost", "127.0.0.1"])
  func works(_ host: String) async throws {
    try await withTLS { port, certificates in
      try await withClient("rediss://\(host):\(port)?ca=\(certificates.authorityFile)") { client in
        try await client.expect(["PING"], .status("PONG"))
        // More than one TLS record, in both directions.
        let big = [UInt8](repeating: 7, count: 100_000)
        try await client.expect(["ECHO", .init(big)], .bulk(big))
      }
    }
  }

  @Test func withAClientCertificate() async throws {
    try await withTLS(clientCertificates: .required) { port, certificates in
      let url =
        "rediss://localhost:\(port)?ca=\(certificates.authorityFile)&cert=\(certificates.clientCertificateFile)"
        + "&key=\(certificates.clientKeyFile)"
      try await withClient(url) { try await $0.expect(["PING"], .status("PONG")) }
    }
  }

  @Test func withoutTheClientCertificateThatTheServerWants() async throws {
    try await withTLS(clientCertificates: .required) { port, certificates in
      let error = try await failure("rediss://localhost:\(port)?ca=\(certificates.authorityFile)")
      #expect(error?.code == .tls || error?.code == .connectionLost)
      #expect(error?.message.contains("client certificate") == true)
    }
  }

  @Test func anAuthorityThatWeDoNotTrustIsRefused() async throws {
    let other = try await TestCertificates.make()
    try await withTLS { port, _ in
      let error = try await failure("rediss://localhost:\(port)?ca=\(other.authorityFile)")
      #expect(error?.code == .tls)
      let systems = try await failure("rediss://localhost:\(port)")
      #expect(systems?.code == .tls)
    }
  }

  @Test("a certificate must carry the host's name, or the name that was asked for")
  func names() async throws {
    let certificates = try await TestCertificates.make()
    let folder = certificates.directory.path
    // The shared ones carry the address too, which would always do.
    for arguments in [
      "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -addext subjectAltName=DNS:redis.example "
        + "-keyout named.key -out named.csr",
      "x509 -req -in named.csr -days 1 -copy_extensions copy -out named.pem -CA authority.pem -CAkey authority.key "
        + "-CAcreateserial",
    ] {
      try await runCommand("openssl", arguments.split(separator: " ").map(String.init), in: folder)
    }
    let tls = PrivateRedisTLS(
      certificateFile: folder + "/named.pem", keyFile: folder + "/named.key", authorityFile: certificates.authorityFile)
    try await withRedis(.init(tls: tls)) { server in
      let url = "rediss://localhost:\(try #require(server.tlsPort))?ca=\(certificates.authorityFile)"
      let wrongHost = try await failure(url)
      #expect(wrongHost?.code == .tls)
      let wrongName = try await failure(url + "&servername=other.example")
      #expect(wrongName?.code == .tls)
      try await withClient(url + "&servername=redis.example") { try await $0.expect(["PING"], .status("PONG")) }
    }
  }

  @Test func tlsToAPlainPortSaysSo() async throws {
    try await withRedis(.init(tcp: .free)) { server in
      var configuration = try RedisConfiguration(url: "rediss://localhost:\(try #require(server.port))")
      // Redis waits for the end of a line that never comes.
      configuration.connectTimeout = .milliseconds(500)
      try await withClient(configuration) { client in
        let error = await redisError { try await client.waitUntilConnected(within: .seconds(10), failFast: true) }
        #expect(error?.message.contains("redis://") == true, "\(String(describing: error))")
      }
    }
  }

  @Test func tlsToAPlainPortSaysSoToWhoeverIsImpatient() async throws {
    try await withRedis(.init(tcp: .free)) { server in
      try await withClient("rediss://localhost:\(try #require(server.port))") { client in
        // Before the attempt has ended.
        let waiting = await redisError {
          try await client.waitUntilConnected(within: .milliseconds(200), failFast: true)
        }
        let asking = await redisError { _ = try await client.send(["PING"], timeout: .milliseconds(200)) }
        for error in [waiting, asking] {
          #expect(error?.code == .timeout)
          #expect(error?.message.contains("does not speak TLS") == true, "\(String(describing: error))")
        }
      }
    }
  }

  @Test func plainToATLSPortSaysSo() async throws {
    try await withTLS { port, _ in
      let error = try await failure("redis://localhost:\(port)")
      #expect(error?.message.contains("rediss://") == true, "\(String(describing: error))")
    }
  }

  @Test("files that cannot be read end run()", arguments: ["ca=/no/such/file", "cert=/no/file&key=/no/file"])
  func unreadable(_ query: String) async throws {
    let configuration = try RedisConfiguration(url: "rediss://localhost:1?\(query)")
    let error = await redisError {
      try await withClient(configuration) { try await $0.waitUntilConnected(within: .seconds(30)) }
    }
    #expect(error?.code == .invalidConfiguration && error?.message.contains("PEM") == true)
  }

  @Test func aRestartIsSurvived() async throws {
    let certificates = try await TestCertificates.shared
    try await withRedis(.init(tls: certificates.tls())) { server in
      let url = "rediss://localhost:\(try #require(server.tlsPort))?ca=\(certificates.authorityFile)"
      try await withClient(url) { client in
        try await client.expect(["PING"], .status("PONG"))
        await server.kill()
        try await server.restart()
        try await eventually("the client is back") {
          (try? await client.send(["PING"])) == .status("PONG")
        }
      }
    }
  }
}
