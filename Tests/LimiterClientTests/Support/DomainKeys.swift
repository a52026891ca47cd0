import Hiredis
import RedisClient
import TestSupport

/// The keys of a domain as a person with redis-cli sees them: no code of the limiter looks here.
struct DomainKeys: Sendable {
  let domain: String
  let client: RedisClient

  private var prefix: String { "lim:{\(domain)}:" }

  /// A counter such as `budget:day:2026-11-23`; 0 when there is none.
  func counter(_ name: String) async throws -> Int64 {
    try await client.send(["GET", CommandArgument(prefix + name)]).int ?? 0
  }

  /// The slots of a limit that are taken.
  func slots(_ limit: String) async throws -> Int64 {
    try await client.send(["HGET", CommandArgument("\(prefix)slots:\(limit)"), "total"]).int ?? 0
  }

  /// What stands in a window's log, expired entries too.
  func window(_ limit: String) async throws -> Int64 {
    try await counter("window:\(limit):sum")
  }

  /// The names of all keys, without the domain.
  func names(_ pattern: String = "*") async throws -> [String] {
    let escaped = prefix.replacing("{", with: "\\{")
    let keys = try await client.send(["KEYS", CommandArgument(escaped + pattern)]).array?.compactMap(\.string) ?? []
    return keys.map { String($0.dropFirst(prefix.count)) }.sorted()
  }

  /// The permits that are not settled, over all sessions.
  func permits() async throws -> [String] {
    try await fields("session:*").filter { $0.hasPrefix("permit:") }
  }

  /// The permits that have ended as abandoned and were not settled since.
  func unsettled() async throws -> [String] {
    try await fields("unsettled:*")
  }

  /// The sessions that are not over.
  func sessions() async throws -> [String] {
    try await client.send(["ZRANGE", CommandArgument(prefix + "sessions"), "0", "-1"]).array?.compactMap(\.string) ?? []
  }

  /// Until when the oldest session lives, in microseconds of the server's clock; 0: there is none.
  func aliveUntil() async throws -> Int64 {
    let first = try await client.send(["ZRANGE", CommandArgument(prefix + "sessions"), "0", "0", "WITHSCORES"])
    return first.array?.last?.string.flatMap { Double($0) }.map { Int64($0) } ?? 0
  }

  /// Any command.
  func run(_ words: String...) async throws {
    _ = try await client.send(words.map { CommandArgument($0) })
  }

  func delete(_ names: [String]) async throws {
    _ = try await client.send(["DEL"] + names.map { CommandArgument(prefix + $0) })
  }

  /// What is held although everybody is done, and every sum that is negative or is not the sum of its log; empty: nothing.
  func leftovers() async throws -> [String] {
    var found = try await permits().map { "permit \($0)" }
    for name in try await names() {
      if name.hasPrefix("slots:") { found.append("\(name) \(try await slots(String(name.dropFirst(6))))") }
      if name.hasPrefix("budget:") {
        let value = try await counter(name)
        if value < 0 || (name.hasSuffix(":held") && value != 0) { found.append("\(name) \(value)") }
      }
      if name.hasPrefix("window:"), !name.hasSuffix(":sum") {
        let members =
          try await client.send(["ZRANGE", CommandArgument(prefix + name), "0", "-1"]).array?.compactMap(\.string) ?? []
        let amounts = members.map { Int64($0.split(separator: ":").last ?? "") ?? .min }
        let sum = try await counter(name + ":sum")
        if amounts.contains(where: { $0 < 0 }) || amounts.reduce(0, +) != sum {
          found.append("\(name) \(amounts) \(sum)")
        }
      }
    }
    return found
  }

  /// Waits until there are no leftovers; says which there are if they stay.
  func waitUntilNothingIsHeld(_ when: String = "") async throws {
    let last = Recorder<[String]>()
    do {
      try await eventually("nothing is held \(when)") {
        last.record(try await leftovers())
        return last.elements.last?.isEmpty == true
      }
    } catch let error as DidNotHappen {
      throw DidNotHappen(description: "\(error.description): \(last.elements.last ?? [])")
    }
  }

  private func fields(_ pattern: String) async throws -> [String] {
    var fields: [String] = []
    for name in try await names(pattern) {
      fields += try await client.send(["HKEYS", CommandArgument(prefix + name)]).array?.compactMap(\.string) ?? []
    }
    return fields
  }
}

extension DomainKeys {
  /// Who stands in the queue of a limit, best first.
  func waiters(_ limit: String) async throws -> [String] {
    try await client.send(["ZRANGE", CommandArgument("lim:{\(domain)}:waiters:\(limit)"), "0", "-1"]).array?
      .compactMap(\.string) ?? []
  }

  /// Script calls of everybody on this Redis.
  func scriptCalls() async throws -> Int { try await calls(of: "evalsha") }

  /// How often everybody on this Redis has sent a command.
  func calls(of command: String) async throws -> Int {
    let text = try await client.send(["INFO", "commandstats"]).string ?? ""
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(command):") }
    return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) } ?? 0
  }
}
