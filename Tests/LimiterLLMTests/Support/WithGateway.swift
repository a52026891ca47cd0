import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TestSupport
import Testing

/// Gives one answer to whatever is asked at a path, on loopback.
///
/// - Parameter path: behind the base URL that `body` is told.
func withGateway(
  _ headers: [String: String] = [:], path: String = "/messages", answer: String,
  _ body: @escaping @Sendable (String) async throws -> Void
) async throws {
  var fields = HTTPFields()
  for (name, value) in headers {
    let field = try #require(HTTPField.Name(name))
    fields[field] = value
  }
  let addresses = Recorder<String>()
  let router = Router()
  router.post("/v1\(path)") { [fields] request, _ in
    _ = try await request.body.collect(upTo: 1 << 16)
    return Response(
      status: .ok, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: answer)))
  }
  var logger = Logger(label: "gateway")
  logger.logLevel = .critical
  let application = Application(
    router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { addresses.record("http://127.0.0.1:\($0.localAddress?.port ?? 0)/v1") }, logger: logger)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await application.run() }
    defer { group.cancelAll() }
    try await body(try await addresses.wait(count: 1)[0])
  }
}
