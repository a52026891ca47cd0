import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells when the client of a connection has gone, and bounds the time that a body takes.
///
/// ```
/// head --timer--> body ... end            in time
///         '-----> 408, and the connection is closed
/// ```
///
/// A client that closes its sending side has gone, too: nobody else is told apart from one that has crashed.
final class ClientWatch: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let bodyTime: TimeAmount
  private var bodyTimer: Scheduled<Void>?
  private var hasGone = false
  /// Requests whose head has come and whose answer has not gone out.
  private var unanswered = 0
  private var isAnswering = false
  /// The connection ends with the answer that is on its way.
  private var isLast = false
  private var onGone: (() -> Void)?

  init(bodyTime: TimeAmount) {
    self.bodyTime = bodyTime
  }

  /// Calls `body` when the client goes before the answer to the present request has gone out.
  func whenGone(_ body: @escaping () -> Void) {
    if hasGone { body() } else { onGone = body }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(var head):
      unanswered += 1
      bodyTimer?.cancel()
      bodyTimer = context.eventLoop.assumeIsolated().scheduleTask(in: bodyTime) { self.bodyIsLate(context) }
      if Self.endsAfter(head.headerFields[.connection]) {
        head.headerFields[.connection] = "close"
        return context.fireChannelRead(wrapInboundOut(.head(head)))
      }
    case .end:
      bodyTimer?.cancel()
      bodyTimer = nil
    case .body: break
    }
    context.fireChannelRead(data)
  }

  /// Options of a connection are a list, in any case (RFC 9110, 7.6.1); what comes behind here knows one spelling of one option.
  private static func endsAfter(_ connection: String?) -> Bool {
    (connection ?? "").lowercased().split(separator: ",").contains { option in
      option.trimmingPrefix(while: \.isWhitespace).prefix { !$0.isWhitespace } == "close"
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head) where head.status.kind == .informational: break
    case .head(let head): (isAnswering, isLast) = (true, head.headerFields[.connection] == "close")
    case .body: break
    case .end:
      (isAnswering, onGone) = (false, nil)
      unanswered -= 1
      if isLast {
        context.writeAndFlush(data, promise: promise)
        return context.close(promise: nil)
      }
    }
    context.write(data, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent { gone() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    gone()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { bodyTimer?.cancel() }

  private func gone() {
    bodyTimer?.cancel()
    hasGone = true
    let body = onGone
    onGone = nil
    body?()
  }

  private func bodyIsLate(_ context: ChannelHandlerContext) {
    // Only where it can be taken for nothing but the answer to this request.
    guard !hasGone, unanswered == 1, !isAnswering else { return context.close(promise: nil) }
    let problem = HTTPProblem(
      .slow, "expected the whole body within \(bodyTime.nanoseconds / 1_000_000) ms of the head")
    let (head, body) = problem.lastAnswer
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
  }
}
