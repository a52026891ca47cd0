import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct OpenAPITests {
  @Test func `every route is described, and nothing else`() throws {
    let description = try APIDescription()
    #expect(description.root["openapi"] == .string("3.1.0"))
    #expect(description.operations == Set(HTTPRouteTable.routes.map { "\($0.method.rawValue) \($0.path)" }))
    for route in HTTPRouteTable.routes {
      let operation = description.operation(route.method.rawValue, route.path)
      // Probes and scrapers need no password.
      #expect((operation?["security"] != nil) == route.isOpen, "\(route.path)")
    }
  }

  @Test func `the fields of requests are described`() throws {
    let description = try APIDescription()
    func fields(_ schema: String) -> Set<String> {
      Set((description.schema(schema)["properties"]?.members ?? []).map(\.name))
    }
    #expect(fields("Call") == Set(AcquireBody.names))
    #expect(fields("Settlement") == Set(SettleBody.names))
    #expect(fields("Cancellation") == Set(SettleBody.cancelNames))
    #expect(fields("Renewal") == Set(SettleBody.renewNames))
    func parameters(_ path: String) -> Set<String> {
      guard case .array(let list)? = description.operation("GET", path)?["parameters"] else { return [] }
      return Set(list.compactMap { if case .string(let name)? = $0["name"] { name } else { nil } })
    }
    #expect(parameters("/v1/explain") == Set(AcquireBody.explainNames))
    #expect(parameters("/v1/peek") == Set(AcquireBody.explainNames))
    #expect(parameters("/v1/permits") == ["session"])
    #expect(parameters("/v1/queue") == ["model"])
    #expect(parameters("/v1/limits") == ["model"])
  }

  @Test func `the kinds of problems are in docs/http.md, each with its status`() throws {
    let text = try RepositoryFile.read("docs/http.md")
    for kind in HTTPProblem.Kind.allCases {
      #expect(text.contains("| `\(kind.rawValue)` | \(kind.status.code) |"), "\(kind)")
    }
  }

  @Test func `answers are as described`() async throws {
    let description = try APIDescription()
    let limits = """
      tokens: {tokens: 1000/1h}
      slots: {concurrency: 1}
      day: {budget: 1 USD/day}
      tenants: {per: tenant, requests: 5/1m}
      runs: {per: run, budget: 1 USD}
      """
    try await withHTTPDaemon(limits) { daemon in
      func check(_ method: String, _ path: String, _ answer: HTTPAnswer, _ status: Int) throws {
        #expect(answer.status == status, "\(method) \(path): \(answer.text)")
        let route = String(path.prefix { $0 != "?" })
        let described = try #require(description.answer(method, route, status), "\(method) \(route) \(status)")
        #expect(answer.header("content-type")?.hasPrefix(described.type) == true, "\(method) \(route) \(status)")
        guard described.type != "text/plain" else { return }
        #expect(description.mistakes(in: try answer.json, as: described.schema) == [], "\(method) \(route) \(status)")
      }
      func get(_ path: String, _ status: Int = 200) async throws {
        try check("GET", path, try await daemon.get(path), status)
      }
      func post(_ path: String, _ body: String, _ status: Int = 200) async throws -> HTTPAnswer {
        let answer = try await daemon.post(path, body)
        try check("POST", path, answer, status)
        return answer
      }
      try await eventually("it is ready") { try await daemon.get("/readyz").status == 200 }
      try await get("/healthz")
      try await get("/readyz")
      try await get("/metrics")
      let call = #"{"model": "m", "tokens": 9, "cost_nanodollars": 5, "tenant": "acme", "run": "r"}"#
      let permit = try #require(try await post("/v1/acquire", call).string("permit"))
      _ = try await post("/v1/acquire", call, 429)
      _ = try await post("/v1/acquire", #"{"model": "m", "tokens": 1001, "cost_nanodollars": 5}"#, 429)
      _ = try await post("/v1/acquire", "{}", 400)
      async let waiting = daemon.post("/v1/acquire", #"{"model": "m", "wait_ms": 20000, "cost_nanodollars": 5}"#)
      try await eventually("it waits") { try await daemon.get("/v1/queue").list("calls")?.isEmpty == false }
      for path in ["/v1/limits", "/v1/limits?model=m", "/v1/permits", "/v1/permits?session=http", "/v1/queue"] {
        try await get(path)
      }
      let worker = try await daemon.connect()
      _ = try await worker.call(line: "COOLDOWN m OPEN overloaded FOR 20000")
      for path in ["/v1/runs", "/v1/cooldowns", "/v1/peek?model=m&tokens=5&cost_nanodollars=5&run=r"] {
        try await get(path)
      }
      try await get("/v1/peek?model=nobody", 400)
      _ = try await post("/v1/renew", #"{"permit": "\#(permit)", "hold_ms": 60000}"#)
      _ = try await post("/v1/renew", #"{"permit": "nonsense"}"#)
      _ = try await post("/v1/renew", "{}", 400)
      try await get("/v1/explain?model=m&tokens=5&cost_nanodollars=5&tenant=acme&attribute.plan=pro")
      try await get("/v1/explain?model=m&cost_nanodollars=1000000001")
      try await get("/v1/explain?model=nobody", 400)
      _ = try await post("/v1/settle", #"{"permit": "\#(permit)", "tokens": 5}"#)
      let second = try #require(try await waiting.string("permit"))
      _ = try await post("/v1/cancel", #"{"permit": "\#(second)"}"#)
      _ = try await post("/v1/cancel", #"{"permit": "\#(second)"}"#)
      _ = try await post("/v1/settle", #"{"permit": "nonsense"}"#, 400)
    }
  }
}
