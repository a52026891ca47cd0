import AsyncHTTPClient
import Foundation
import LimiterConfiguration
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import LimiterDaemon

/// What the daemon answered over HTTP.
struct HTTPAnswer: Sendable {
  var status: Int
  private let headers: HTTPHeaders
  var text: String

  fileprivate init(status: Int, headers: HTTPHeaders, text: String) {
    self.status = status
    self.headers = headers
    self.text = text
  }

  func header(_ name: String) -> String? { headers.first(name: name) }

  /// The body as JSON.
  var json: JSONValue { get throws { try JSONReader.read(Array(text.utf8)) } }

  func string(_ name: String) throws -> String? {
    guard case .string(let text)? = try json[name] else { return nil }
    return text
  }

  func flag(_ name: String) throws -> Bool? {
    guard case .bool(let flag)? = try json[name] else { return nil }
    return flag
  }

  func number(_ name: String) throws -> Int64? {
    guard case .integer(let number)? = try json[name] else { return nil }
    return number
  }

  func list(_ name: String) throws -> [JSONValue]? {
    guard case .array(let list)? = try json[name] else { return nil }
    return list
  }
}

extension TestDaemon {
  func head(_ path: String) async throws -> HTTPAnswer { try await request(.HEAD, path, body: nil) }

  func get(_ path: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await request(.GET, path, body: nil, headers: headers)
  }

  func post(_ path: String, _ json: String) async throws -> HTTPAnswer {
    try await request(.POST, path, body: json, headers: ["content-type": "application/json"])
  }

  private func request(
    _ method: HTTPMethod, _ path: String, body: String?, headers: [String: String] = [:]
  ) async throws -> HTTPAnswer {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(try #require(daemon.httpPort))\(path)")
    request.method = method
    request.headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    let bytes = try await response.body.collect(upTo: 16 << 20)
    return HTTPAnswer(
      status: Int(response.status.code), headers: response.headers, text: String(buffer: bytes))
  }

  /// The value of one series of `/metrics`.
  func metric(_ series: String) async throws -> Double? {
    try PrometheusText.parse(try await get("/metrics").text).value(series)
  }
}

/// A daemon with an HTTP address.
func withHTTPDaemon(
  _ limits: String, domain: String = uniqueDomain("http"), redis url: String? = nil,
  change: @escaping (inout DaemonSettings) -> Void = { _ in },
  _ body: @escaping @Sendable (TestDaemon) async throws -> Void
) async throws {
  try await withDaemon(
    limits, domain: domain, redis: url,
    change: { settings in
      settings.server.http = ServerOptions.TCP(host: "127.0.0.1", port: 0)
      change(&settings)
    }, body)
}
