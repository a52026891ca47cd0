import Foundation
import Testing

@testable import Oracle

/// Files as a server leaves them: in parts, cut off, damaged, with a snapshot in front.
@Suite struct HistoryFileTests {
  /// The base file that Redis 7.0.15 writes for an empty database, byte by byte.
  static let emptySnapshot: [UInt8] =
    Array("REDIS0010".utf8) + [0xFA, 9] + Array("redis-ver".utf8) + [6] + Array("7.0.15".utf8)
    + [0xFA, 10] + Array("redis-bits".utf8) + [0xC0, 0x40] + [0xFA, 5] + Array("ctime".utf8) + [
      0xC2, 0xF9, 0xC0, 4, 0x6B,
    ]
    + [0xFA, 8] + Array("used-mem".utf8) + [0xC2, 0x78, 0x60, 0x0D, 0] + [0xFA, 8] + Array("aof-base".utf8) + [0xC0, 1]
    + [0xFF, 0xF8, 0x57, 0x53, 0xF6, 0x3A, 0x81, 0xD3, 0x62]

  private func folder(_ files: [String: [UInt8]]) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)/appendonlydir")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, bytes) in files { try Data(bytes).write(to: folder.appending(path: name)) }
    return folder
  }

  private func check(_ files: [String: [UInt8]], fromParent: Bool = false) throws -> OracleReport {
    let folder = try folder(files)
    defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
    return try HistoryOracle.check(
      fromParent ? folder.deletingLastPathComponent().path : folder.path, limits: History.limits)
  }

  private static let manifest = Array(
    "file a.1.base.rdb seq 1 type b\nfile a.2.incr.aof seq 2 type i\nfile a.10.incr.aof seq 10 type i\n".utf8)

  private var parts: [String: [UInt8]] {
    var one = History()
    one.group(at: 0, History.admission("a", 10, at: 0))
    var two = History()
    two.group(at: 1, History.admission("b", 1, at: 1))
    return ["a.1.base.rdb": Self.emptySnapshot, "a.2.incr.aof": one.bytes, "a.10.incr.aof": two.bytes]
  }

  @Test(arguments: [true, false]) func `the parts of a history are one history`(_ fromParent: Bool) throws {
    let report = try check(parts.merging(["a.manifest": Self.manifest]) { $1 }, fromParent: fromParent)
    #expect(report.violations.map(\.place.file) == ["a.10.incr.aof"])
    #expect(report.groups == 2)
  }

  @Test func `without a manifest the parts are ordered by their numbers`() throws {
    var files = parts
    files["a.1.base.rdb"] = nil
    #expect(try check(files).violations.map(\.place.file) == ["a.10.incr.aof"])
  }

  @Test func `a snapshot with data is refused, with what to do`() throws {
    var snapshot = Array(Self.emptySnapshot.dropLast(9))
    snapshot += [0xFE, 0, 0xFB, 1, 0, 0, 1, 0x6B, 1, 0x76] + Array(Self.emptySnapshot.suffix(9))
    var files = parts.merging(["a.manifest": Self.manifest]) { $1 }
    files["a.1.base.rdb"] = snapshot
    let error = #expect(throws: OracleError.self) { try check(files) }
    #expect(error?.code == .snapshot)
    #expect(error?.message.contains("auto-aof-rewrite-percentage 0") == true)
  }

  @Test func `a snapshot cut off is malformed`() throws {
    for length in 9..<Self.emptySnapshot.count {
      let error = #expect(throws: OracleError.self) { try check(["a.aof": Array(Self.emptySnapshot[..<length])]) }
      #expect(error?.code == .malformed)
    }
  }

  @Test func `a rewritten base is refused`() throws {
    let error = #expect(throws: OracleError.self) { try check(["a.1.base.aof": History.encode(["SET", "k", "v"])]) }
    #expect(error?.code == .snapshot)
  }

  @Test func `a base with nothing but an annotation is empty`() throws {
    var files = parts.merging(["a.manifest": Self.manifest]) { $1 }
    files["a.1.base.rdb"] = Array("#TS:1700000000\r\n".utf8)
    #expect(try check(files).groups == 2)
  }

  @Test func `a snapshot before commands in one file is skipped, and places still count from the file's beginning`()
    throws
  {
    let parts = parts
    let bytes = Self.emptySnapshot + (parts["a.2.incr.aof"] ?? []) + (parts["a.10.incr.aof"] ?? [])
    let report = try check(["appendonly.aof": bytes])
    let offset = try #require(report.violations.first?.place.offset)
    #expect(String(decoding: bytes[offset..<(offset + 15)], as: UTF8.self) == "*1\r\n$5\r\nMULTI\r\n")
  }

  @Test func `a history cut at any byte is judged up to there, and says so`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 0))
    let good = history.bytes.count
    history.group(at: 1, History.admission("b", 1, at: 1))
    for length in stride(from: good + 1, to: history.bytes.count, by: 3) {
      let report = try check(["x.aof": Array(history.bytes[..<length])])
      #expect(report.violations == [])
      #expect(report.groups == 1)
      // Cut behind the annotation there is nothing incomplete.
      #expect(report.truncatedAt != nil || length == good + 16)
    }
  }

  /// Of a transaction that a kill has cut off, Redis 7.0 cuts only the command that is not whole, and writes on behind the others.
  @Test func `a transaction that was cut off never happened, also where others stand behind it`() throws {
    var history = History()
    history.group(at: 0, History.admission("a", 10, at: 0))
    history.command("MULTI")
    history.command("ZADD", History.key("window:requests"), History.stamp(1), "b:1")
    history.group(at: 2, [["INCRBY", History.key("budget:day"), "1"]])
    let report = try history.check()
    #expect(report.violations == [] && report.groups == 2 && report.truncatedAt == nil)
  }

  @Test func `a cut in a part that is not the last is damage`() throws {
    var files = parts.merging(["a.manifest": Self.manifest]) { $1 }
    files["a.2.incr.aof"]?.removeLast(3)
    let error = #expect(throws: OracleError.self) { try check(files) }
    #expect(error?.message.contains("only the last file") == true)
  }

  @Test(arguments: [["EXEC"], ["SELECT x"]])
  func `transactions that no server writes are malformed`(_ commands: [String]) throws {
    let bytes = commands.flatMap { History.encode($0.split(separator: " ").map(String.init)) }
    #expect(throws: OracleError.self) { try check(["x.aof": bytes]) }
  }

  @Test func `what is missing is said by name`() throws {
    let error = #expect(throws: OracleError.self) { try HistoryOracle.check("/nowhere/at-all", limits: History.limits) }
    #expect(error?.code == .unreadable)
    #expect(error?.message.contains("/nowhere/at-all") == true)
    let empty = #expect(throws: OracleError.self) { try check([:]) }
    #expect(empty?.message.contains("appendonly yes") == true)
  }

  @Test func `a large history takes the memory of what is alive`() throws {
    var history = History()
    for number in 0..<20_000 {
      let at = Int64(number) * 5_000_000
      let prune = number > 1 ? History.prune("op\(number - 2)", 5) : []
      history.group(at: at, prune + History.admission("op\(number)", 5, at: at))
    }
    let report = try history.check()
    #expect(report.violations == [])
    #expect(report.groups == 20_000)
  }
}
