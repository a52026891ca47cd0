package import Hiredis
package import LimiterCore

/// What `adopt.lua` is asked, and its answer.
package enum AdoptCodec {
  /// Permits of one call, at most.
  package static let permits = 64

  package static func call(_ permits: [PermitPlace], by holder: String, keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(
      keys: [domain.epoch, domain.sessions, domain.session(holder)],
      arguments: [CommandArgument(holder)]
        + permits.flatMap { [CommandArgument($0.session), CommandArgument($0.name)] })
  }

  /// Per permit what became of it, and its record where it is held; `nil`: the session is unknown or over.
  package static func answer(
    _ reply: Reply, to permits: [PermitPlace]
  ) throws(LimiterRedisError) -> [(adoption: Adoption, record: [UInt8])]? {
    guard let parts = reply.array, parts.count >= 2, let status = parts[0].int else {
      throw .malformedAnswer("expected a status and a time")
    }
    guard status != 0 else { return nil }
    guard status == 1 else { throw .unexpectedStatus(status) }
    guard parts.count == 2 + 2 * permits.count else {
      throw .malformedAnswer("expected two values per permit, got \(parts.count - 2) for \(permits.count)")
    }
    var adoptions: [(adoption: Adoption, record: [UInt8])] = []
    for index in permits.indices {
      guard let code = parts[2 + 2 * index].int, let record = parts[3 + 2 * index].bytes else {
        throw .malformedAnswer("expected a code and a record")
      }
      guard let adoption = Adoption(rawValue: code) else { throw .unexpectedStatus(code) }
      adoptions.append((adoption, record))
    }
    return adoptions
  }
}
