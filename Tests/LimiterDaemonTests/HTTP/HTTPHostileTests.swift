import Foundation
import Hiredis
import NIOCore
import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

extension WholeTests {
  /// What no client sends: an error each, and neighbours that notice nothing.
  @Suite(.serialized) struct HTTPHostileTests {
    /// Bodies of `/v1/acquire` that are refused.
    static let bodies: [String] =
      [
        "", " ", "x", "null", "true", "1", "[]", "\"m\"", "{", "}", "{}", "{]", "[1", "{\"model\"}", "{\"model\":}",
        "{\"model\":\"m\"", "{\"model\":\"m\",}", "{\"model\":\"m\"}}", "{\"model\":\"m\"} x", "{model:\"m\"}",
        "{'model':'m'}", "{\"model\":\"m\" \"run\":\"x\"}", "{\"model\":\"m\",\"model\":\"m\"}",
        "{\"model\":null}", "{\"model\":1}", "{\"model\":[\"m\"]}", "{\"model\":{\"m\":1}}", "{\"model\":true}",
        "{\"model\":\"\"}", "{\"model\":\"unknown\"}", "{\"model\":\"\(String(repeating: "m", count: 257))\"}",
        "{\"model\":\"m\",\"Model\":\"m\"}", "{\"model\":\"m\",\"extra\":1}", "{\"model\":\"m\",\"\":1}",
        "{\"model\":\"m\",\"tokens\":\"1\"}", "{\"model\":\"m\",\"tokens\":-1}", "{\"model\":\"m\",\"tokens\":1.5}",
        "{\"model\":\"m\",\"tokens\":1e3}", "{\"model\":\"m\",\"tokens\":true}", "{\"model\":\"m\",\"tokens\":[1]}",
        "{\"model\":\"m\",\"tokens\":9007199254740992}", "{\"model\":\"m\",\"tokens\":99999999999999999999}",
        "{\"model\":\"m\",\"tokens\":01}", "{\"model\":\"m\",\"tokens\":-}", "{\"model\":\"m\",\"tokens\":1.}",
        "{\"model\":\"m\",\"tokens\":.5}", "{\"model\":\"m\",\"tokens\":1e}", "{\"model\":\"m\",\"tokens\":0x10}",
        "{\"model\":\"m\",\"tokens\":NaN}", "{\"model\":\"m\",\"tokens\":Infinity}", "{\"model\":\"m\",\"tokens\":+1}",
        "{\"model\":\"m\",\"input_tokens\":-9223372036854775808}", "{\"model\":\"m\",\"output_tokens\":{}}",
        "{\"model\":\"m\",\"cost_nanodollars\":0.1}", "{\"model\":\"m\",\"priority\":0}",
        "{\"model\":\"m\",\"priority\":11}", "{\"model\":\"m\",\"priority\":\"high\"}",
        "{\"model\":\"m\",\"wait_ms\":-1}",
        "{\"model\":\"m\",\"wait_ms\":2678400001}", "{\"model\":\"m\",\"hold_ms\":2678400001}",
        "{\"model\":\"m\",\"hold_ms\":0}", "{\"model\":\"m\",\"tenant\":\"\"}", "{\"model\":\"m\",\"tenant\":5}",
        "{\"model\":\"m\",\"run\":[]}", "{\"model\":\"m\",\"run\":\"\(String(repeating: "é", count: 129))\"}",
        "{\"model\":\"m\",\"id\":\"\"}", "{\"model\":\"m\",\"id\":false}", "{\"model\":\"m\",\"attributes\":[]}",
        "{\"model\":\"m\",\"attributes\":\"a\"}", "{\"model\":\"m\",\"attributes\":{\"a\":1}}",
        "{\"model\":\"m\",\"attributes\":{\"\":\"x\"}}", "{\"model\":\"m\",\"attributes\":{\"a\":\"\"}}",
        "{\"model\":\"m\",\"attributes\":{\"a\":\"1\",\"a\":\"2\"}}",
        "{\"model\":\"m\",\"attributes\":{\((0..<33).map { "\"a\($0)\":\"x\"" }.joined(separator: ","))}}",
        "{\"model\":\"\u{1}\"}", "{\"model\":\"m\n\"}", "{\"model\":\"\\x\"}", "{\"model\":\"\\u12\"}",
        "{\"model\":\"\\ud800\"}", "{\"model\":\"\\ud800\\u0041\"}", "{\"model\":\"\\udc00\"}", "{\"model\":\"m",
        "{\"model\":\"m\\", "nul", "tru", "falsee", "\u{FEFF}{\"model\":\"m\"}", "// c\n{\"model\":\"m\"}",
        String(repeating: "[", count: 40), String(repeating: "[", count: 30_000),
        String(repeating: "{\"a\":", count: 10_000),
        "{\"model\":\"m\",\"attributes\":\(String(repeating: "[", count: 30))",
      ]

    /// Requests that are no HTTP, or are over a bound.
    static let requests: [String] = [
      "hello\r\n\r\n", "GET\r\n\r\n", "GET /healthz\r\n\r\n", "GET /healthz HTTP/9.9\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", "GET /healthz HTTP/1.1\r\nHo st: x\r\n\r\n",
      "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
      "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
      "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n\((0..<500).map { "X\($0): a\r\n" }.joined())\r\n",
      "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
      "*1\r\n$4\r\nPING\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "SSH-2.0-x\r\n\r\n",
    ]

    static let queries = [
      "/v1/explain", "/v1/explain?model", "/v1/explain?model=", "/v1/explain?model=%", "/v1/explain?model=%zz",
      "/v1/explain?model=%ff", "/v1/explain?model=unknown", "/v1/explain?model=m&model=m", "/v1/explain?model=m&x=1",
      "/v1/explain?model=m&tokens=-1", "/v1/explain?model=m&tokens=x", "/v1/explain?model=m&tokens=1.5",
      "/v1/explain?model=m&wait_ms=5", "/v1/explain?model=m&attributes=x", "/v1/explain?model=m&attribute.a=",
      "/v1/explain?model=m&attribute.a=1&attribute.a=2", "/v1/limits?model=unknown", "/v1/limits?x=1",
      "/v1/queue?model=unknown", "/v1/permits?session=", "/v1/permits?session=\(String(repeating: "a", count: 300))",
      "/v1/explain?\((0..<100).map { "a\($0)=1" }.joined(separator: "&"))",
    ]

    @Test func `each is an error, and neighbours are unharmed`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.httpBodyTime = .milliseconds(300) }) { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m").isGranted)
        async let neighbour = daemon.post("/v1/acquire", #"{"model": "m", "wait_ms": 60000}"#)
        try await eventually("it waits") { try await daemon.metric("limiterd_waiting_calls") == 1 }
        #expect(Self.bodies.count + Self.requests.count + Self.queries.count > 100)
        for body in Self.bodies {
          let answer = try await daemon.post("/v1/acquire", body)
          #expect(answer.status == 400, "\(body.prefix(80))")
          #expect(answer.header("content-type") == "application/problem+json")
          #expect(try answer.string("detail")?.isEmpty == false)
        }
        for query in Self.queries {
          let answer = try await daemon.get(query)
          #expect(answer.status == 400, "\(query.prefix(80)): \(answer.text)")
        }
        for (query, text) in [("priority=11", "`11`"), ("tokens=-1", "`-1`"), ("tokens=%0a", "`?`")] {
          let detail = try await daemon.get("/v1/explain?model=m&\(query)").string("detail") ?? ""
          #expect(detail.hasSuffix("got \(text)"), "\(detail)")
        }
        let port = try #require(daemon.daemon.httpPort)
        for request in Self.requests {
          let raw = try await RawHTTPClient.connect(port)
          raw.send(request)
          let answer = try await raw.end()
          #expect(answer.hasPrefix("HTTP/1.1 4"), "\(request.prefix(60)): \(answer.prefix(60))")
          #expect(answer.contains("application/problem+json"), "\(request.prefix(60)): \(answer.prefix(60))")
          await raw.close()
        }
        var generator = SeededGenerator(for: "hostile HTTP")
        for _ in 0..<30 {
          let raw = try await RawHTTPClient.connect(port)
          raw.send(
            bytes: (0..<Int.random(in: 1...2_000, using: &generator)).map { _ in
              UInt8.random(in: 0...255, using: &generator)
            })
          await raw.close()
        }
        for path in ["/", "/v1", "/v1/acquire/", "//healthz", "/healthz/../metrics", "/%68ealthz", "/v2/acquire"] {
          #expect(try await daemon.get(path).status == 404, "\(path)")
        }
        let wrongMethod = try await daemon.get("/v1/acquire")
        #expect(wrongMethod.status == 405)
        #expect(wrongMethod.header("allow") == "POST")
        #expect(try await daemon.post("/healthz", "{}").status == 405)
        #expect(try await daemon.metric("limiterd_waiting_calls") == 1)
        #expect(try await daemon.metric("limiterd_permits_held") == 1)
        #expect(try await worker.call("PING") == .status("PONG"))
        await worker.close()
        #expect(try await neighbour.status == 200)
      }
    }

    @Test func `a body that is too large, of another type, or late`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.httpBodyTime = .milliseconds(300) }) { daemon in
        let port = try #require(daemon.daemon.httpPort)
        let large = #"{"model": "m", "run": "\#(String(repeating: "a", count: 70_000))"}"#
        #expect(try await daemon.post("/v1/acquire", large).status == 413)
        for type in [nil, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
          let raw = try await RawHTTPClient.connect(port)
          let field = type.map { "Content-Type: \($0)\r\n" } ?? ""
          raw.send("POST /v1/acquire HTTP/1.1\r\nHost: x\r\n\(field)Content-Length: 13\r\n\r\n{\"model\":\"m\"}")
          #expect(try await raw.head().hasPrefix("HTTP/1.1 415"))
          await raw.close()
        }
        // Half a body, and nothing more.
        let slow = try await RawHTTPClient.connect(port)
        slow.send(
          "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{")
        let answer = try await slow.end()
        #expect(answer.hasPrefix("HTTP/1.1 408"))
        #expect(answer.contains("urn:limiterd:slow"))
        // Behind a request without an answer, a 408 would be taken for that: the connection is closed.
        let permit = try #require(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).string("permit"))
        let pipelined = try await RawHTTPClient.connect(port)
        pipelined.send(RawHTTPClient.post("/v1/acquire", #"{"model": "m", "wait_ms": 60000}"#))
        pipelined.send("POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{")
        #expect(try await pipelined.end() == "")
        try await eventually("nobody waits") { try await daemon.metric("limiterd_waiting_calls") == 0 }
        #expect(try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#).status == 200)
        // What never ends is not read for ever, either.
        let endless = try await RawHTTPClient.connect(port)
        endless.send(
          "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90000000\r\n\r\n")
        endless.send(String(repeating: " ", count: 100_000))
        #expect(try await endless.end().hasPrefix("HTTP/1.1 4"))
        #expect(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).status == 200)
      }
    }

    @Test func `bytes that are no request are told what is wrong, behind the answers to those before`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
        let port = try #require(daemon.daemon.httpPort)
        func answer(to request: String) async throws -> String {
          let raw = try await RawHTTPClient.connect(port)
          raw.send(request)
          let answer = try await raw.end()
          await raw.close()
          return answer
        }
        let garbage = try await answer(to: "hello\r\n\r\n")
        #expect(garbage.hasPrefix("HTTP/1.1 400 ") && garbage.contains("urn:limiterd:malformed"), "\(garbage)")
        #expect(garbage.contains("invalid HTTP method"), "\(garbage)")
        let head = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n"
        let large = try await answer(to: head)
        #expect(large.hasPrefix("HTTP/1.1 431 ") && large.contains("urn:limiterd:too_large_head"), "\(large)")
        let second = try await answer(to: "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nhello\r\n\r\n")
        #expect(second.hasPrefix("HTTP/1.1 200 ") && second.contains("HTTP/1.1 400 "), "\(second)")
        #expect(second.contains("urn:limiterd:malformed"), "\(second)")
      }
    }

    @Test func `who asks before it sends a body is told to, unless it is too large`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.httpBodyTime = .milliseconds(300) }) { daemon in
        let port = try #require(daemon.daemon.httpPort)
        func asking(_ length: Int) async throws -> RawHTTPClient {
          let raw = try await RawHTTPClient.connect(port)
          raw.send(
            "POST /v1/acquire HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Expect: 100-Continue\r\nContent-Length: \(length)\r\n\r\n")
          return raw
        }
        let large = try await asking(HTTPBounds.bodyBytes + 1).end()
        #expect(large.hasPrefix("HTTP/1.1 413 ") && large.contains("urn:limiterd:too_large_body"), "\(large)")
        // Refused without a look at its body, which may come or not.
        for target in ["GET /v1/acquire", "POST /v1/nowhere"] {
          let raw = try await RawHTTPClient.connect(port)
          raw.send("\(target) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 13\r\n\r\n")
          let text = try await raw.end()
          #expect(text.hasPrefix("HTTP/1.1 40") && text.contains("onnection: close"), "\(text)")
        }
        for option in ["Close", "close, TE", "TE , CLOSE"] {
          let raw = try await RawHTTPClient.connect(port)
          raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: \(option)\r\n\r\n")
          #expect(try await raw.end().hasPrefix("HTTP/1.1 200 "), "\(option)")
        }
        let body = #"{"model": "m"}"#
        let small = try await asking(body.utf8.count)
        #expect(try await small.head() == "HTTP/1.1 100 Continue\r\n\r\n")
        small.send(body)
        #expect(try await small.text(containing: "permit").contains("HTTP/1.1 200 OK"))
        await small.close()
        // It was told to go on, and does not.
        let late = try await asking(body.utf8.count).end()
        #expect(late.hasPrefix("HTTP/1.1 100 ") && late.contains("HTTP/1.1 408 "), "\(late)")
      }
    }

    @Test func `more connections than there may be wait for their turn`() async throws {
      try await withHTTPDaemon("slots: {concurrency: 1}", change: { $0.httpConnections = 3 }) { daemon in
        let port = try #require(daemon.daemon.httpPort)
        var flood: [RawHTTPClient] = []
        for _ in 0..<50 { flood.append(try await RawHTTPClient.connect(port)) }
        let worker = try await daemon.connect()
        #expect(try await worker.call("PING") == .status("PONG"))
        for client in flood { await client.close() }
        #expect(try await daemon.get("/healthz").status == 200)
      }
    }
  }
}
