internal import LimiterCore
internal import Hiredis

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
