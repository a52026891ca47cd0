import LimiterClient
import LimiterCore
import NIOCore

/// `["denied", reason, "limit", name, "used", n, "allowed", n, "remaining", n, "retry_after_ms", n|nil, "exact", 0|1,
/// "queue_position", n, "message", text]`, before the message `"degraded", 1` where Redis gave no answer and limiterd's own share decided, with DETAILS also `"decided_at_us", t, "retry_at_us", t|nil`.
struct DenialReply {
  private let denial: Denial
  private let position: Int
  private let wantsDetails: Bool

  init(_ denial: Denial, position: Int, wantsDetails: Bool = false) {
    self.denial = denial
    self.position = position
    self.wantsDetails = wantsDetails
  }

  func write(to reply: inout ReplyBuffer) {
    switch (wantsDetails, denial.isDegraded) {
    case (false, false): reply.writeStaticString("*18\r\n$6\r\ndenied\r\n")
    case (false, true): reply.writeStaticString("*20\r\n$6\r\ndenied\r\n")
    case (true, false): reply.writeStaticString("*22\r\n$6\r\ndenied\r\n")
    case (true, true): reply.writeStaticString("*24\r\n$6\r\ndenied\r\n")
    }
    reply.writeRESP(bulk: denial.reason.rawValue)
    reply.writeStaticString("$5\r\nlimit\r\n")
    reply.writeRESP(bulk: denial.limit.rawValue)
    Self.writeNumbers(
      used: denial.used, allowed: denial.allowed, remaining: denial.remaining,
      retryAfter: denial.retryAfterMilliseconds,
      isExact: denial.isExact, position: position, isDegraded: denial.isDegraded, to: &reply)
    reply.writeRESP(bulk: denial.description)
    guard wantsDetails else { return }
    reply.writeRESP(bulk: "decided_at_us")
    reply.writeRESP(denial.decidedAt.microseconds)
    reply.writeRESP(bulk: "retry_at_us")
    reply.writeRESP(denial.retryAt?.microseconds)
  }

  /// The same for a daemon that is about to end.
  static func writeDraining(to reply: inout ReplyBuffer) {
    reply.writeStaticString("*18\r\n$6\r\ndenied\r\n$8\r\ndraining\r\n$5\r\nlimit\r\n$0\r\n\r\n")
    writeNumbers(
      used: 0, allowed: 0, remaining: 0, retryAfter: nil, isExact: false, position: 0, isDegraded: false,
      to: &reply)
    reply.writeRESP(bulk: "denied: this limiterd is about to end; connect to another one, or again in a moment")
  }

  private static func writeNumbers(
    used: Int64, allowed: Int64, remaining: Int64, retryAfter: Int64?, isExact: Bool, position: Int,
    isDegraded: Bool, to reply: inout ReplyBuffer
  ) {
    reply.writeStaticString("$4\r\nused\r\n")
    reply.writeRESP(used)
    reply.writeStaticString("$7\r\nallowed\r\n")
    reply.writeRESP(allowed)
    reply.writeStaticString("$9\r\nremaining\r\n")
    reply.writeRESP(remaining)
    reply.writeStaticString("$14\r\nretry_after_ms\r\n")
    reply.writeRESP(retryAfter)
    reply.writeStaticString("$5\r\nexact\r\n")
    reply.writeRESP(isExact)
    reply.writeStaticString("$14\r\nqueue_position\r\n")
    reply.writeRESP(Int64(position))
    if isDegraded { reply.writeStaticString("$8\r\ndegraded\r\n:1\r\n") }
    reply.writeStaticString("$7\r\nmessage\r\n")
  }
}
