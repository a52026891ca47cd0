import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Says what is wrong with bytes that are no request.
///
/// Hummingbird answers them with a 400 without a body, when all before them are answered, and closes the connection. That answer is replaced here.
final class UnreadableRequest: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private var problem: HTTPProblem?

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if problem == nil, let error = error as? HTTPParserError { problem = Self.problem(of: error) }
    context.fireErrorCaught(error)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard let problem, case .head(let head) = unwrapOutboundIn(data), head.status == .badRequest,
      head.headerFields[.contentLength] == "0"
    else { return context.write(data, promise: promise) }
    let (told, body) = problem.lastAnswer
    context.write(wrapOutboundOut(.head(told)), promise: promise)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
  }

  private static func problem(of error: HTTPParserError) -> HTTPProblem {
    if case .headerOverflow = error {
      return HTTPProblem(
        .tooLargeHead,
        "expected at most \(HTTPBounds.headFields) fields, \(HTTPBounds.headFieldBytes) bytes in one and \(HTTPBounds.headBytes) in all, more came"
      )
    }
    return HTTPProblem(.malformed, "expected a request of HTTP/1.1, other bytes came: \(error.debugDescription)")
  }
}
