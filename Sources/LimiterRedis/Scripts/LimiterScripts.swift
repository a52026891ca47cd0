package import RedisClient

/// The scripts of the limiter: `lua/*.lua`, embedded, each with the texts in it that it includes.
package struct LimiterScripts: Sendable {
  package var acquire: RedisScript
  package var settle: RedisScript
  package var session: RedisScript
  /// The session's, refused where admissions are: Redis may have memory left for nothing but what it has.
  package var probe: RedisScript
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
    [acquire, settle, session, probe, inspect, adjust, adopt, announce, cooldown, report, observe, look, hosts]
  }

  /// The scripts as they stand in `lua/`, made once per process: their names are digests of all of their text.
  package static let standard = LimiterScripts { $1 }

  /// The scripts, each text changed by `edit` before it is put into others.
  ///
  /// - Parameter edit: name of the file without its ending, and its text; the tests use it for their clock, small bounds
  ///   and mutants.
  package init(edit: (_ name: String, _ text: String) -> String) {
    // Each is edited once, however many include it.
    let parts = [
      ("prelude", PackageResources.prelude_lua), ("walk", PackageResources.walk_lua),
      ("waiters", PackageResources.waiters_lua), ("abandon", PackageResources.abandon_lua),
      ("contended", PackageResources.contended_lua),
    ].reduce(into: [Substring: String]()) { $0[Substring($1.0)] = edit($1.0, Self.text($1.1)) }
    func script(_ name: String, _ bytes: [UInt8]) -> RedisScript {
      RedisScript(name: name, source: Self.including(edit(name, Self.text(bytes)), parts))
    }
    acquire = script("acquire", PackageResources.acquire_lua)
    settle = script("settle", PackageResources.settle_lua)
    session = script("session", PackageResources.session_lua)
    probe = RedisScript(
      name: "probe", source: session.source.replacing(" flags=allow-oom", with: "", maxReplacements: 1))
    inspect = script("inspect", PackageResources.inspect_lua)
    adjust = script("adjust", PackageResources.adjust_lua)
    adopt = script("adopt", PackageResources.adopt_lua)
    announce = script("announce", PackageResources.announce_lua)
    cooldown = script("cooldown", PackageResources.cooldown_lua)
    report = script("report", PackageResources.report_lua)
    observe = script("observe", PackageResources.observe_lua)
    look = script("look", PackageResources.look_lua)
    hosts = script("hosts", PackageResources.hosts_lua)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// Puts the texts in that a script names in its lines `-- include prelude waiters`. A name that is unknown stays, and a script that needed
  /// it does not run.
  private static func including(_ text: String, _ parts: [Substring: String]) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      let words = line.split(separator: " ")
      guard words.starts(with: ["--", "include"]) else { return String(line) }
      let included = words.dropFirst(2).map { parts[$0] }
      return included.contains(nil) ? String(line) : included.compactMap(\.self).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
