package import LimiterCore
package import Hiredis

/// The keys of a domain: one hash tag, so one slot of a cluster.
package struct DomainKeys: Sendable {
  /// `lim:{<domain>}:`
  package let prefix: String
  let epoch: CommandArgument
  let sessions: CommandArgument

  package init(domain: String) {
    prefix = "lim:{\(domain)}:"
    epoch = CommandArgument(prefix + "epoch")
    sessions = CommandArgument(prefix + "sessions")
  }

  /// The channel on which a session hears that it may be its turn.
  func wake(_ session: String) -> String { "\(prefix)wake:\(session)" }

  func session(_ id: String) -> CommandArgument {
    CommandArgument("\(prefix)session:\(id)")
  }

  /// What the keys of those begin with that wait for a limit; the limit's name follows.
  package var waiters: String { prefix + "waiters:" }

  /// Where it stands who has adopted a permit.
  package func adopted(_ permit: String) -> CommandArgument { CommandArgument("\(prefix)adopted:\(permit)") }

  /// What the fields of permits begin with, in a session's hash; the permit's name there follows.
  static let permit = "permit:"

  /// Where a permit's record is, as long as it is held.
  package func record(of place: PermitPlace) -> (key: CommandArgument, field: CommandArgument) {
    (session(place.session), CommandArgument(Self.permit + place.name))
  }

  /// Where its record may be when it has ended as abandoned, on the server's date of `now`. Those of tomorrow, too, and of two days more than such
  /// permits are kept: a clock may have been set back, as `adopt.lua` allows for.
  package func unsettledRecords(
    of place: PermitPlace, on now: ServerTime
  ) -> [(key: CommandArgument, field: CommandArgument)] {
    let tomorrow = now.microseconds / ListedDays.day + 1
    let field = CommandArgument("\(place.session)/\(Self.permit)\(place.name)")
    return (0..<ListedDays.most + 2).map { (CommandArgument("\(prefix)unsettled:\(tomorrow - $0)"), field) }
  }

  var cooldowns: CommandArgument { CommandArgument(prefix + "cooldowns") }

  /// - Parameter model: as in keys.
  func cooldown(_ model: String) -> CommandArgument { CommandArgument("\(prefix)cooldown:\(model)") }

  func observed(_ limit: LimitID) -> CommandArgument { CommandArgument("\(prefix)observed:\(limit.rawValue)") }

  var adjustments: CommandArgument { CommandArgument(prefix + "adjustments") }

  func adjusted(_ operation: String) -> CommandArgument {
    CommandArgument("\(prefix)adjusted:\(operation)")
  }

  /// The keys of a limit in the order that the scripts expect.
  func append(_ limit: EffectiveLimit, to keys: inout [CommandArgument]) {
    let key = prefix + limit.keyName
    keys.append(CommandArgument(key))
    switch limit.allowance {
    case .window: keys.append(CommandArgument(key + ":sum"))
    case .budget: keys.append(CommandArgument(key + ":held"))
    // Two for every limit, so that a script finds them by position.
    case .concurrency: keys.append(CommandArgument(key))
    }
  }
}

/// Permits that ended as abandoned are listed by the day of their grant, for eight days (`UNSETTLED_TTL_MS` of `prelude.lua`): those of nine dates.
enum ListedDays {
  static let most: Int64 = 9
  /// In microseconds.
  static let day: Int64 = 86_400_000_000
}
