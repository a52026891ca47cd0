package import RedisClient

/// The scripts of the limiter: `lua/*.lua`, embedded, each with what all share after its first line.
package struct LimiterScripts: Sendable {
  package var acquire: RedisScript
  package var settle: RedisScript
  package var session: RedisScript
  package var inspect: RedisScript
  package var adjust: RedisScript
  package var adopt: RedisScript
  package var announce: RedisScript
  package var cooldown: RedisScript
  package var report: RedisScript
  package var observe: RedisScript
  package var look: RedisScript
  package var hosts: RedisScript

  /// All of them, for `SCRIPT LOAD` at every connect.
  package var all: [RedisScript] {
    [acquire, settle, session, inspect, adjust, adopt, announce, cooldown, report, observe, look, hosts]
  }

  /// The scripts as they stand in `lua/`, each text changed by `edit` before the prelude is put in.
  ///
  /// - Parameter edit: name of the file without its ending, and its text; the tests use it for their clock, small bounds
  ///   and mutants.
  package init(edit: (_ name: String, _ text: String) -> String = { $1 }) {
    let prelude = [
      ("prelude", PackageResources.prelude_lua), ("walk", PackageResources.walk_lua),
      ("waiters", PackageResources.waiters_lua),
      ("abandon", PackageResources.abandon_lua),
    ].map { edit($0.0, Self.text($0.1)) }.joined(separator: "\n")
    func script(_ name: String, _ bytes: [UInt8], withPrelude: Bool = true) -> RedisScript {
      let text = edit(name, Self.text(bytes))
      return RedisScript(name: name, source: withPrelude ? Self.join(text, prelude: prelude) : text)
    }
    acquire = script("acquire", PackageResources.acquire_lua)
    settle = script("settle", PackageResources.settle_lua)
    session = script("session", PackageResources.session_lua)
    inspect = script("inspect", PackageResources.inspect_lua, withPrelude: false)
    adjust = script("adjust", PackageResources.adjust_lua)
    adopt = script("adopt", PackageResources.adopt_lua)
    announce = script("announce", PackageResources.announce_lua)
    cooldown = script("cooldown", PackageResources.cooldown_lua)
    report = script("report", PackageResources.report_lua)
    observe = script("observe", PackageResources.observe_lua)
    look = script("look", PackageResources.look_lua, withPrelude: false)
    hosts = script("hosts", PackageResources.hosts_lua, withPrelude: false)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// Redis wants `#!lua` at the very start.
  private static func join(_ text: String, prelude: String) -> String {
    guard let end = text.firstIndex(of: "\n") else { return text }
    return text[...end] + prelude + text[text.index(after: end)...]
  }
}
