package import Hiredis
package import LimiterCore

/// A part of an announcement as `announce.lua` reads it, and its answer.
package enum AnnounceCodec {
  package static func call(_ batch: AnnounceBatch, keys domain: DomainKeys) -> ScriptCall {
    let announcement = batch.announcement
    var writer = MessagePackWriter(capacity: 256 * (announcement.windows.count + announcement.permits.count) + 64)
    writer.write(batch.number)
    writer.write(batch.isLast)
    writer.write(announcement.windows.count)
    for window in announcement.windows {
      writer.write(window.name)
      writer.write(window.length)
      writer.write(window.entries.count)
      for entry in window.entries {
        writer.write(entry.stamp)
        writer.write(entry.amount)
      }
    }
    writer.write(announcement.budgets.count)
    for budget in announcement.budgets {
      writer.write(budget.name)
      for value in [budget.end, budget.keep, budget.used] { writer.write(value) }
    }
    writer.write(announcement.permits.count)
    for permit in announcement.permits {
      let name = AnnounceBatch.name(of: permit.id, in: batch.session)
      writer.write(name)
      writer.write(name == permit.id ? permit.id : "")
      writer.write(record(of: permit))
    }
    return ScriptCall(
      keys: [domain.epoch, domain.sessions, domain.session(batch.session)],
      arguments: [CommandArgument(batch.session), CommandArgument(writer.finish())])
  }

  /// As `acquire.lua` would have written it.
  private static func record(of permit: Announcement.Permit) -> String {
    let times = "[\"\(permit.grantedAt.microseconds)\",\"\(permit.holdUntil.microseconds)\",0"
    return permit.needs.reduce(into: times) { $0 += ",\"\($1.limit.keyName)\",\($1.amount)" } + "]"
  }

  /// Whether it is known now; false: the session is unknown or over.
  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> Bool {
    guard let parts = reply.array, parts.count == 2, let status = parts[0].int else {
      throw .malformedAnswer("expected a status and a time")
    }
    guard status == 0 || status == 1 else { throw .unexpectedStatus(status) }
    return status == 1
  }
}
