import HTTPTypes
import Hummingbird
import NIOCore

/// An answer that is none of what was asked for: `application/problem+json`, RFC 9457.
struct HTTPProblem: Error {
  /// The kinds, each with its `type`, its status and its title; docs/http.md lists them.
  enum Kind: String, CaseIterable {
    case malformed, unauthorized, denied, draining, unavailable, refused, busy, pending, slow
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case tooLarge = "too_large_body"
    case tooLargeHead = "too_large_head"
    case unsupportedType = "unsupported_type"
    case clientGone = "client_gone"

    var type: String { "urn:limiterd:\(rawValue)" }

    var status: HTTPResponse.Status {
      switch self {
      case .malformed: .badRequest
      case .unauthorized: .unauthorized
      case .notFound: .notFound
      case .methodNotAllowed: .methodNotAllowed
      case .slow: .requestTimeout
      case .tooLarge: .contentTooLarge
      case .tooLargeHead: .requestHeaderFieldsTooLarge
      case .unsupportedType: .unsupportedMediaType
      case .denied: .tooManyRequests
      case .clientGone: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
      case .refused: .badGateway
      case .draining, .unavailable, .busy: .serviceUnavailable
      case .pending: .accepted
      }
    }

    var title: String {
      switch self {
      case .malformed: "The request is malformed"
      case .unauthorized: "A password is needed"
      case .notFound: "There is nothing at this path"
      case .methodNotAllowed: "The path has no such method"
      case .slow: "The body did not come in time"
      case .tooLarge: "The body is too large"
      case .tooLargeHead: "The head is too large"
      case .unsupportedType: "The body is not JSON"
      case .denied: "The call must not be made now"
      case .draining: "This limiterd is about to end"
      case .unavailable: "Redis gives no decision"
      case .refused: "Redis refused, and somebody has to act"
      case .busy: "Too many calls wait"
      case .pending: "The settlement is not confirmed yet"
      case .clientGone: "The client has gone"
      }
    }
  }

  var kind: Kind
  /// What was expected, what came, what to do.
  var detail: String
  var members: [JSONValue.Member] = []
  var headers = HTTPFields()

  init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  var body: JSONValue {
    .object(
      [
        .init("type", .string(kind.type)), .init("title", .string(kind.title)),
        .init("status", .integer(Int64(kind.status.code))), .init("detail", .string(detail)),
      ] + members)
  }

  var response: Response { .json(body, status: kind.status, type: "application/problem+json", headers: headers) }

  /// The answer of a connection that is closed behind it, for who writes to it: head and body.
  var lastAnswer: (head: HTTPResponse, body: ByteBuffer) {
    let body = ByteBuffer(string: self.body.text + "\n")
    let head = HTTPResponse(
      status: kind.status,
      headerFields: [
        .contentType: "application/problem+json", .contentLength: "\(body.readableBytes)", .connection: "close",
      ])
    return (head, body)
  }

  /// Whole seconds, and at least one: who takes 0 at its word would ask without a pause.
  mutating func setRetryAfter(seconds: Int64) {
    headers[.retryAfter] = String(max(seconds, 1))
  }
}
