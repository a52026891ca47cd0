import Foundation

@testable import Oracle

/// Writes histories as Redis does, for a limiter that keeps its own totals right.
struct History {
  static let second: Int64 = 1_000_000
  /// The first instant: 2023-11-14 22:13:20 UTC.
  static let birth: Int64 = 1_700_000_000 * second

  var bytes: [UInt8] = []

  static func encode(_ words: [String]) -> [UInt8] { encode(words.map { Array($0.utf8) }) }

  static func encode(_ words: [[UInt8]]) -> [UInt8] {
    words.reduce(into: Array("*\(words.count)\r\n".utf8)) { bytes, word in
      bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10]
    }
  }

  mutating func command(_ words: String...) { bytes += Self.encode(words) }
  mutating func line(_ text: String) { bytes += Array("\(text)\r\n".utf8) }

  /// One script call at `at` microseconds after the beginning.
  mutating func group(at: Int64? = nil, _ commands: [[String]]) {
    var commands = commands
    if let at {
      line("#TS:\((Self.birth + at) / Self.second)")
      commands.append(["HSET", Self.key("epoch"), "last_us", String(Self.birth + at)])
    }
    if commands.count > 1 { command("MULTI") }
    for words in commands { bytes += Self.encode(words) }
    if commands.count > 1 { command("EXEC") }
  }

  static func key(_ rest: String) -> String { "lim:{d}:\(rest)" }
  static func stamp(_ at: Int64) -> String { String(birth + at) }

  /// ZADD and the running total.
  static func admission(_ operation: String, _ amount: Int64, at: Int64, limit: String = "requests") -> [[String]] {
    [
      ["ZADD", key("window:\(limit)"), stamp(at), "\(operation):\(amount)"],
      ["INCRBY", key("window:\(limit):sum"), String(amount)],
    ]
  }

  /// A refund replaces the entry at its own stamp.
  static func replacement(
    _ operation: String, from old: Int64, to new: Int64, at: Int64, limit: String = "requests"
  ) -> [[String]] {
    [
      ["ZREM", key("window:\(limit)"), "\(operation):\(old)"],
      ["ZADD", key("window:\(limit)"), stamp(at), "\(operation):\(new)"],
      ["INCRBY", key("window:\(limit):sum"), String(new - old)],
    ]
  }

  static func prune(_ operation: String, _ amount: Int64, limit: String = "requests") -> [[String]] {
    [
      ["ZREM", key("window:\(limit)"), "\(operation):\(amount)"],
      ["DECRBY", key("window:\(limit):sum"), String(amount)],
    ]
  }

  /// Ten requests in ten seconds, a day's budget of 1,000, two slots.
  static let limits = OracleLimits(
    windows: ["requests": .init(amount: 10, lengthMicroseconds: 10 * second)], budgets: ["day": 1_000],
    concurrency: ["concurrency": 2])

  func check(limits: OracleLimits = limits, options: OracleOptions = OracleOptions()) throws -> OracleReport {
    let file = try TemporaryFile(bytes)
    defer { file.remove() }
    return try HistoryOracle.check(file.path, limits: limits, options: options)
  }
}

/// A file that is gone when the test is.
struct TemporaryFile {
  let folder: URL
  let path: String

  init(_ bytes: [UInt8], name: String = "appendonly.aof.1.incr.aof") throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    path = file.path
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }
}
