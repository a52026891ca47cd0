import LimiterClient
import LimiterCore
import NIOCore

/// `["granted", permit, "model", m, "granted_at_us", t, "valid_for_ms", n, "limits", [[limit, unit, amount, allowed], ...]]`
struct GrantReply {
  private let permit: String?
  private let grant: WaiterGrant
  private let policy: ActivePolicy
  private let model: String
  private let validFor: Int64
  private let count: Int64

  /// - Parameters:
  ///   - validFor: in microseconds.
  ///   - count: how many calls the grant is for; each is told its part.
  init(
    _ grant: WaiterGrant, _ permit: Permit?, policy: ActivePolicy, model: String, validFor: Int64, count: Int64 = 1
  ) {
    self.count = count
    self.grant = grant
    self.permit = permit?.id
    self.policy = policy
    self.model = model
    self.validFor = validFor
  }

  func write(to reply: inout ByteBuffer) {
    reply.writeStaticString("*10\r\n$7\r\ngranted\r\n")
    if let permit { reply.writeRESP(bulk: permit) } else { reply.writeRESPNull() }
    reply.writeStaticString("$5\r\nmodel\r\n")
    reply.writeRESP(bulk: model)
    reply.writeStaticString("$13\r\ngranted_at_us\r\n")
    reply.writeRESP(grant.grantedAt.microseconds)
    reply.writeStaticString("$12\r\nvalid_for_ms\r\n")
    reply.writeRESP(max(validFor, 0) / 1_000)
    reply.writeStaticString("$6\r\nlimits\r\n")
    reply.writeRESP(array: grant.needs.count)
    for need in grant.needs {
      reply.writeStaticString("*4\r\n")
      reply.writeRESP(bulk: need.limit.id.rawValue)
      reply.writeUnit(policy.facts(of: need.limit.id)?.unit, of: need.limit)
      reply.writeRESP(need.amount / count)
      reply.writeRESP(need.limit.amount)
    }
  }
}

extension ByteBuffer {
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
