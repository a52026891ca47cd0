import Foundation
import SeededRandom
import Testing

@testable import Simulation

@Suite struct TraceReaderTests {
  private static let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
  private static let good = "2023-11-16 18:15:46.6805900,374,44\n"

  private func parse(_ text: String) throws -> Trace { try TraceReader.parse(Array(text.utf8), name: "t.csv") }

  @Test func `reads times to the microsecond and both token counts`() throws {
    let trace = try parse(Self.header + Self.good + "2023-11-16 18:15:50.9951690,396,109\n")
    #expect(trace.calls.map(\.inputTokens) == [374, 396])
    #expect(trace.calls.map(\.outputTokens) == [44, 109])
    // 2023-11-16 18:15:46 UTC is 1700158546 seconds after 1970.
    #expect(trace.calls[0].atMicroseconds == 1_700_158_546_680_590)
    #expect(trace.calls[1].atMicroseconds - trace.calls[0].atMicroseconds == 4_314_579)
  }

  static let otherWays: [String] = [
    "\u{FEFF}" + header + good,
    (header + good).replacing("\n", with: "\r\n"),
    header + good + "\n\n  \n\r\n",
    String((header + good).dropLast()),
    "id,GeneratedTokens,timestamp,contexttokens\n7,44,2023-11-16T18:15:46.6805900Z,374\n",
    header + "2023-11-16 18:15:46.68059+00:00, 374 ,44\n",
  ]

  @Test(arguments: otherWays) func `reads what is written in other ways, too`(_ text: String) throws {
    let expected = TraceCall(atMicroseconds: 1_700_158_546_680_590, inputTokens: 374, outputTokens: 44)
    #expect(try parse(text).calls == [expected])
  }

  static let broken: [(text: String, says: String)] = [
    ("", "came an empty file"),
    (
      "TIMESTAMP,ContextTokens\n",
      "line 1: expected a header with TIMESTAMP,ContextTokens,GeneratedTokens, came \"TIMESTAMP,ContextTokens\""
    ),
    (header, "line 1: expected at least one call after the header, came none"),
    (header + good + "2023-11-16 18:15:47,5\n", "line 3: expected 3 columns, came 2: \"2023-11-16 18:15:47,5\""),
    (header + "yesterday,5,6\n", "line 2: expected a time like 2023-11-16 18:15:46.680, came \"yesterday\""),
    (header + "2023-13-16 18:15:46,5,6\n", "line 2: expected a time"),
    (header + "2023-11-16 18:15:46.,5,6\n", "line 2: expected a time"),
    (header + "2023-02-29 18:15:46,5,6\n", "line 2: expected a time"),
    (header + "0000-01-01 00:00:00,5,6\n", "line 2: expected a time"),
    (
      header + good + "0001-01-01 00:00:00,5,6\n",
      "line 3: expected a time at most 366d from that of the first call (line 2), came \"0001-01-01 00:00:00\""
    ),
    (header + good + "9999-12-31 23:59:59,5,6\n", "line 3: expected a time at most 366d from"),
    (header + "1970-01-01 00:00:00,5,6\n" + good, "line 3: expected a time at most 366d from"),
    (
      header + "2023-11-16 18:15:46,-5,6\n",
      "line 2: expected ContextTokens as a whole number from 0 to 100000000, came \"-5\""
    ),
    (header + "2023-11-16 18:15:46,5,6.5\n", "line 2: expected GeneratedTokens as a whole number"),
    (header + "2023-11-16 18:15:46,5,99999999999999999999\n", "line 2: expected GeneratedTokens"),
    ("\u{1B}[2J\u{07},b\n", "came \"\\u{1b}[2J\\u{7},b\""),
    (header + good + "\n" + good, "line 3: expected a call, came a blank line with calls after it"),
  ]

  @Test(arguments: broken) func `a broken line is named, with what was expected and what came`(
    _ text: String, _ says: String
  ) {
    let error = #expect(throws: SimulationError.self) { try parse(text) }
    #expect(error?.code == .trace)
    #expect(error?.message.hasPrefix("t.csv") == true)
    #expect(error?.message.contains(says) == true, "\(String(describing: error))")
  }

  @Test func `calls out of order are sorted`() throws {
    let trace = try parse(Self.header + "2023-11-16 18:15:47,1,1\n2023-11-16 18:15:46,2,2\n2023-11-16 18:15:46,3,3\n")
    #expect(trace.calls.map(\.inputTokens) == [2, 3, 1])
  }

  @Test func `a missing file and a folder are named`() {
    let missing = #expect(throws: SimulationError.self) { try TraceReader.read(path: "/nowhere/trace.csv") }
    #expect(missing?.message.contains("/nowhere/trace.csv") == true)
    let folder = #expect(throws: SimulationError.self) { try TraceReader.read(path: "/") }
    #expect(folder?.message.contains("found a folder") == true)
  }

  @Test func `leap days are days, and a trace may last a year`() throws {
    let trace = try parse(Self.header + "2024-02-29 00:00:00,1,1\n2025-03-01 00:00:00,1,1\n")
    #expect(trace.calls[1].atMicroseconds - trace.calls[0].atMicroseconds == 366 * 86_400_000_000)
  }

  @Test func `a pipe is read to its end`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "trace-\(UUID().uuidString)").path
    #expect(mkfifo(path, 0o600) == 0)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let lines = Self.header + String(repeating: Self.good, count: 20_000)
    Thread.detachNewThread { try? Data(lines.utf8).write(to: URL(filePath: path)) }
    #expect(try TraceReader.read(path: path).calls.count == 20_000)
  }

  @Test func `random bytes never crash it`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let sample = Array((Self.header + Self.good + Self.good).utf8)
    for _ in 0..<400 {
      var bytes = sample
      for _ in 0..<4 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? TraceReader.parse(bytes, name: "t.csv")
    }
  }

  /// The trace itself is not part of the project: LIMITERD_TRACE names it where it is there.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LIMITERD_TRACE"] != nil))
  func `reads the Azure trace whole`() throws {
    let path = try #require(ProcessInfo.processInfo.environment["LIMITERD_TRACE"])
    let trace = try TraceReader.read(path: path)
    #expect(trace.calls.count == 19_366)
    #expect(trace.calls.reduce(0) { $0 + $1.inputTokens + $1.outputTokens } == 26_450_535)
  }
}
