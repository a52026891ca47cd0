package import Hiredis
package import LimiterCore

/// What `observe.lua` is asked, and its answer.
package enum ObserveCodec {
  /// The call; `nil` when there is no window among them.
  package static func call(_ observations: [WindowObservation], keys domain: DomainKeys) -> ScriptCall? {
    guard !observations.isEmpty else { return nil }
    var keys = [domain.epoch]
    var writer = MessagePackWriter()
    writer.write(observations.count)
    for observation in observations {
      guard let (allowed, length) = observation.window else { return nil }
      domain.append(observation.limit, to: &keys)
      keys.append(domain.observed(observation.limit.id))
      for value in [
        length, allowed, observation.grantedAt.microseconds, observation.usedAfter, observation.left ?? -1,
        observation.reset,
      ] { writer.write(value) }
    }
    return ScriptCall(keys: keys, arguments: [CommandArgument(writer.finish())])
  }

  package static func answer(_ reply: Reply, to observations: [WindowObservation]) throws(LimiterRedisError) -> [Int64]
  {
    guard let parts = reply.array, parts.count == observations.count else {
      throw .malformedAnswer("expected a number per window")
    }
    var taken: [Int64] = []
    for part in parts {
      guard let amount = part.int else { throw .malformedAnswer("expected a number") }
      taken.append(amount)
    }
    return taken
  }
}
