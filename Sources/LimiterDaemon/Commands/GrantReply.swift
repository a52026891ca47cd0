import LimiterClient
import LimiterCore
import NIOCore

/// `["granted", permit, "model", m, "granted_at_us", t, "valid_for_ms", n, "limits", [[limit, unit, amount, allowed, remaining], ...]]`
///
/// What remains is nil where Redis gave no answer.
/// Where Redis gave no answer and limiterd's own share decided, `"degraded", 1` follows.
///
/// With DETAILS each limit also tells, before what remains, its kind (`window`, its length in us; `budget`, its period; `concurrency`, nil), whether it refunds
/// and whether it adds an excess, and `"price", [input, output] | nil` follows, in nanodollars per million tokens.
struct GrantReply {
  private let permit: String?
  private let grant: WaiterGrant
  private let policy: ActivePolicy
  private let model: String
  private let validFor: Int64
  private let count: Int64
  private let wantsDetails: Bool

  /// - Parameters:
  ///   - validFor: in microseconds.
  ///   - count: how many calls the grant is for; each is told its part.
  init(
    _ grant: WaiterGrant, _ permit: Permit?, policy: ActivePolicy, model: String, validFor: Int64, count: Int64 = 1,
    wantsDetails: Bool = false
  ) {
    self.count = count
    self.wantsDetails = wantsDetails
    self.grant = grant
    self.permit = permit?.id
    self.policy = policy
    self.model = model
    self.validFor = validFor
  }

  func write(to reply: inout ReplyBuffer) {
    switch (wantsDetails, grant.isDegraded) {
    case (false, false): reply.writeStaticString("*10\r\n$7\r\ngranted\r\n")
    case (true, false), (false, true): reply.writeStaticString("*12\r\n$7\r\ngranted\r\n")
    case (true, true): reply.writeStaticString("*14\r\n$7\r\ngranted\r\n")
    }
    if let permit { reply.writeRESP(bulk: permit) } else { reply.writeRESPNull() }
    reply.writeStaticString("$5\r\nmodel\r\n")
    reply.writeRESP(bulk: model)
    reply.writeStaticString("$13\r\ngranted_at_us\r\n")
    reply.writeRESP(grant.grantedAt.microseconds)
    reply.writeStaticString("$12\r\nvalid_for_ms\r\n")
    reply.writeRESP(max(validFor, 0) / 1_000)
    reply.writeStaticString("$6\r\nlimits\r\n")
    reply.writeRESP(array: grant.needs.count)
    for (position, need) in grant.needs.enumerated() {
      reply.writeStaticString(wantsDetails ? "*9\r\n" : "*5\r\n")
      reply.writeRESP(bulk: need.limit.id.rawValue)
      reply.writeUnit(need.unit, of: need.limit)
      reply.writeRESP(need.amount / count)
      reply.writeRESP(need.limit.amount)
      if wantsDetails { writeDetails(of: need, to: &reply) }
      if let remaining = grant.remaining(position) { reply.writeRESP(remaining) } else { reply.writeRESPNull() }
    }
    if wantsDetails { writePrice(to: &reply) }
    if grant.isDegraded { reply.writeStaticString("$8\r\ndegraded\r\n:1\r\n") }
  }

  private func writeDetails(of need: LimitNeed, to reply: inout ReplyBuffer) {
    switch need.limit.allowance {
    case .window(_, let length):
      reply.writeRESP(bulk: "window")
      reply.writeRESP(length)
    case .budget(_, let period, _):
      reply.writeRESP(bulk: "budget")
      reply.writeRESP(bulk: period.name)
    case .concurrency:
      reply.writeRESP(bulk: "concurrency")
      reply.writeRESPNull()
    }
    reply.writeRESP(need.settling.refunds)
    reply.writeRESP(need.settling.addsExcess)
  }

  private func writePrice(to reply: inout ReplyBuffer) {
    reply.writeRESP(bulk: "price")
    guard let price = policy.policy.models[model]?.price else { return reply.writeRESPNull() }
    reply.writeRESP(array: 2)
    reply.writeRESP(price.input)
    reply.writeRESP(price.output)
  }
}

extension ReplyBuffer {
  /// What a limit counts; slots have no unit.
  mutating func writeUnit(_ unit: Unit?, of limit: EffectiveLimit) {
    if limit.isConcurrency {
      writeStaticString("$5\r\nslots\r\n")
    } else if let unit {
      writeRESP(bulk: unit.rawValue)
    } else {
      writeRESPNull()
    }
  }
}
