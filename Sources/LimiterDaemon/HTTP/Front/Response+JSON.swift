import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// A response with JSON.
  static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, type: String = "application/json",
    headers: HTTPFields = HTTPFields()
  ) -> Response {
    var headers = headers
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: value.text + "\n")))
  }
}
