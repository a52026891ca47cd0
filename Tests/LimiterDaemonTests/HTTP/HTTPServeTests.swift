import AsyncHTTPClient
import Foundation
import Hiredis
import LimiterConfiguration
import NIOCore
import NIOHTTP1
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// The program with `--http`, and with the key of the policy file.
  @Suite(.serialized) struct HTTPServeTests {
    @Test func `it says its address, answers while it drains, and ends although connections are kept`() async throws {
      let program = try await ServeProgram.start(
        ServeProgram.policy("slots: {concurrency: 1}"), redis: try await SharedRedis.url, arguments: ["--http", "0"])
      let url = try #require(Self.url(program))
      #expect(try await Self.status(url + "/healthz") == 200)
      try await eventually("it is ready") { try await Self.status(url + "/readyz") == 200 }
      let worker = try await program.connect()
      let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
      program.process.signal(SIGTERM)
      try await eventually("it drains") { try await Self.status(url + "/readyz") == 503 }
      #expect(try await Self.status(url + "/healthz") == 200)
      #expect(try await worker.call("SETTLE", permit) == .status("settled"))
      #expect(try await program.end(within: .seconds(8)) == .exit(0), "\(program.log)")
    }

    @Test func `without a word of it there is none`() async throws {
      let program = try await ServeProgram.start(
        ServeProgram.policy("slots: {concurrency: 1}"), redis: try await SharedRedis.url)
      #expect(Self.url(program) == nil)
    }

    @Test func `the policy file names it, and an address for everybody needs a password`() async throws {
      let policy = ServeProgram.policy("slots: {concurrency: 1}")
      let program = try await ServeProgram.start(
        policy + "\nserver: {http: \"127.0.0.1:0\"}\n", redis: try await SharedRedis.url)
      #expect(try await Self.status(try #require(Self.url(program)) + "/healthz") == 200)
      let open = try await ServeProgram.run(policy, arguments: ["--http", "0.0.0.0:0"])
      #expect(open.end == .exit(1))
      #expect(open.log.contains("expected a password for an HTTP address"))
      let nowhere = try await ServeProgram.run(policy, arguments: ["--http", "nowhere"])
      #expect(nowhere.end == .exit(64))
    }

    private static func url(_ program: ServeProgram) -> String? {
      program.log.firstMatch(of: /for HTTP, at (\S+)/).map { String($0.1) }
    }

    private static func status(_ url: String) async throws -> Int {
      let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
      _ = try await response.body.collect(upTo: 1 << 20)
      return Int(response.status.code)
    }
  }
}
