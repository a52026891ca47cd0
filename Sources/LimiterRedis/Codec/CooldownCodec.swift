package import Hiredis
package import LimiterCore

/// What `cooldown.lua` is asked, and its answer.
package enum CooldownCodec {
  private static let values = 6

  package static func call(_ model: String, _ asked: CooldownCall, keys domain: DomainKeys) -> ScriptCall {
    let name = LimitID.encode(model)
    let arguments: [CommandArgument] =
      switch asked {
      case .look: ["look", CommandArgument(name)]
      case .admit(let probes, let lease):
        ["admit", CommandArgument(name), CommandArgument(probes), CommandArgument(lease)]
      case .open(let opening):
        [
          "open", CommandArgument(name), CommandArgument(opening.reason), CommandArgument(opening.time ?? 0),
          CommandArgument(opening.base), CommandArgument(opening.longest), CommandArgument(opening.generation ?? -1),
        ]
      case .succeeded(let generation): ["succeeded", CommandArgument(name), CommandArgument(generation)]
      case .abandoned(let generation): ["abandoned", CommandArgument(name), CommandArgument(generation)]
      case .clear: ["clear", CommandArgument(name)]
      }
    return ScriptCall(keys: [domain.epoch, domain.cooldowns, domain.cooldown(name)], arguments: arguments)
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> CooldownState {
    guard let parts = reply.array, parts.count == values else { throw .malformedAnswer("expected a cooldown") }
    return try state(parts[...])
  }

  /// All models that are or were left alone.
  package static func list(keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(keys: [domain.epoch, domain.cooldowns], arguments: ["list", ""])
  }

  package static func listed(_ reply: Reply) throws(LimiterRedisError) -> [ModelCooldown] {
    guard let parts = reply.array, parts.count.isMultiple(of: values + 1) else {
      throw .malformedAnswer("expected a list of cooldowns")
    }
    var found: [ModelCooldown] = []
    for start in stride(from: 0, to: parts.count, by: values + 1) {
      guard let name = parts[start].string else { throw .malformedAnswer("expected a model") }
      found.append(
        ModelCooldown(model: LimitID.decode(name), state: try state(parts[(start + 1)...(start + values)])))
    }
    return found
  }

  private static func state(_ parts: ArraySlice<Reply>) throws(LimiterRedisError) -> CooldownState {
    let parts = Array(parts)
    guard let code = parts[0].int, let admission = CooldownState.Admission(rawValue: code),
      let generation = number(parts[1]), let left = number(parts[2]), let reason = parts[3].string,
      let opened = number(parts[4]), let since = number(parts[5])
    else { throw .malformedAnswer("expected a cooldown") }
    return CooldownState(
      admission: admission, generation: generation, left: left, reason: reason, opened: opened,
      since: ServerTime(microseconds: since))
  }

  private static func number(_ reply: Reply) -> Int64? { reply.string.flatMap { Int64($0) } }
}
