import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// One request, as its route sees it.
struct HTTPCall: Sendable {
  let request: Request
  let channel: any Channel

  /// The body as an object of these fields.
  ///
  /// - Throws: ``HTTPProblem``: of another type, too large, no JSON, or with other fields.
  func fields(_ names: [String]) async throws -> RequestFields {
    // A web page can send a form to any address of its visitor's machine, but not this type.
    guard let type = request.headers[.contentType], Self.isJSON(type) else {
      throw HTTPProblem(
        .unsupportedType,
        "expected the header `Content-Type: application/json`, another one or none came; with curl, write --json instead of -d"
      )
    }
    let body: ByteBuffer
    try await checkAnnouncedBody()
    do { body = try await request.body.collect(upTo: HTTPBounds.bodyBytes) } catch is NIOTooManyBytesError {
      throw HTTPProblem(.tooLarge, "expected at most \(HTTPBounds.bodyBytes) bytes, more came")
    }
    let value: JSONValue
    do throws(JSONError) { value = try JSONReader.read(Array(body.readableBytesView)) } catch {
      throw HTTPProblem(.malformed, "the body is no JSON: \(error)")
    }
    return try RequestFields(value, names: names)
  }

  /// Tells a client that asks before it sends the body (`Expect: 100-continue`) to send it, unless it says that it is too large.
  private func checkAnnouncedBody() async throws {
    let asks = request.headers[.expect]?.lowercased() == "100-continue"
    if let length = request.headers[.contentLength].flatMap(Int.init), length > HTTPBounds.bodyBytes {
      var problem = HTTPProblem(.tooLarge, "expected at most \(HTTPBounds.bodyBytes) bytes, \(length) were announced")
      // Nobody knows whether a body comes all the same: what comes next would be taken for it.
      if asks { problem.headers[.connection] = "close" }
      throw problem
    }
    if asks {
      try await channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue))).get()
    }
  }

  /// The query as fields; its values are texts.
  func query(_ names: [String]) throws(HTTPProblem) -> RequestFields {
    let path = request.head.path ?? ""
    let query = path.firstIndex(of: "?").map { path[path.index(after: $0)...] } ?? ""
    return try RequestFields(query: query, names: names)
  }

  private static func isJSON(_ type: String) -> Bool {
    let type = type.prefix { $0 != ";" }.trimmingSuffix { $0 == " " }.lowercased()
    return type == "application/json"
  }
}

extension Substring {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, isTrimmed(last) { rest.removeLast() }
    return rest
  }
}
