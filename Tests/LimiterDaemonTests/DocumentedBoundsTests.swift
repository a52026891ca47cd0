import Hiredis
import LimiterConfiguration
import LimiterCore
import TestSupport
import Testing

@testable import LimiterDaemon

extension WholeTests {
  /// The bounds that the documents tell are those that there are.
  @Suite(.serialized) struct DocumentedBoundsTests {
    @Test func `names that workers say`() async throws {
      let text = try RepositoryFile.read("docs/worker-protocol.md")
      #expect(text.contains("UTF-8 of 1 to \(LimiterBounds.name) bytes"))
      let description = try APIDescription()
      #expect(description.schema("Name")["maxLength"] == .integer(Int64(LimiterBounds.name)))
      try await withDaemon("slots: {concurrency: 9, models: [m]}\ntenants: {per: tenant, requests: 5/1m}") { daemon in
        let worker = try await daemon.connect()
        let name = String(repeating: "é", count: LimiterBounds.name / 2)
        for keyword in ["TENANT", "RUN", "ID"] {
          #expect(try await worker.call("ACQUIRE", "m", keyword, name).isGranted, "\(keyword)")
          let error = try await worker.call("ACQUIRE", "m", keyword, name + "e").errorMessage
          #expect(error?.contains("of 1 to \(LimiterBounds.name) bytes, \(LimiterBounds.name + 1) came") == true)
        }
      }
    }

    @Test func `models and limits of a policy`() throws {
      #expect(ConfigurationBounds.models == 1_000 && ConfigurationBounds.limits == 4_000)
      #expect(try RepositoryFile.read("docs/configuration.md").contains("at most 1,000 models and 4,000 limits"))
    }

    @Test(arguments: ["m", ":"]) func `names of a policy's models`(_ character: String) async throws {
      let longest = 231
      for file in ["docs/worker-protocol.md", "docs/configuration.md"] {
        #expect(try RepositoryFile.read(file).contains("\(longest) bytes"), "\(file)")
      }
      // A colon stands in Redis as `%3A`.
      let name = String(repeating: character, count: character == ":" ? longest / 3 : longest)
      func policy(_ name: String) throws -> Policy {
        try PolicyFile.parse(
          """
          domain: \(uniqueDomain("bounds"))
          models: {"\(name)": {provider: mine, limits: {output_tokens: [100/1m, 1000/31d]}, price: {input: 1, output: 1}}}
          """, name: "test")
      }
      let longestPolicy = try policy(name)
      #expect(longestPolicy.limits.allSatisfy { $0.name.utf8.count <= LimiterBounds.name })
      #expect(throws: PolicyError.self) { try policy(name + character) }
      try await withDaemon("slots: {concurrency: 1}", change: { $0.policy = longestPolicy }) { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call("ACQUIRE", name, "OUTPUT", "1").isGranted)
      }
    }

    @Test func `a denial while limiterd drains has all fields, and says nothing in them`() async throws {
      for details in [[], ["DETAILS"]] {
        try await withDaemon("slots: {concurrency: 1}") { daemon in
          let worker = try await daemon.connect()
          let held = try #require(try await worker.call("ACQUIRE", "m").permit)
          worker.send([["ACQUIRE", "m", "WAIT", "60000"] + details])
          try await eventually("it waits") { try await daemon.info("waiting") == 1 }
          daemon.daemon.drain()
          let denied = try #require(try await worker.reply())
          #expect(denied.reason == "draining")
          let fields = [
            ("limit", Reply.bulk([])), ("used", .integer(0)), ("allowed", .integer(0)), ("remaining", .integer(0)),
            ("retry_after_ms", .null), ("exact", .integer(0)), ("queue_position", .integer(0)),
          ]
          for (name, value) in fields { #expect(denied[name] == value, "\(name)") }
          #expect(denied["message"]?.string?.contains("about to end") == true)
          #expect(denied.array?.count == 18)
          #expect(try await worker.call("SETTLE", held) == .status("settled"))
        }
      }
    }
  }
}
