import Foundation
import LimiterConfiguration

/// Reads a CSV trace with the columns TIMESTAMP, ContextTokens and GeneratedTokens, as the Azure LLM inference trace has them.
///
///     TIMESTAMP,ContextTokens,GeneratedTokens
///     2023-11-16 18:15:46.6805900,374,44
///
/// The columns may stand in any order, and others beside them. A byte order mark, CRLF and blank lines at the end are fine;
/// anything else that is not a call is an error with its line number: a trace with silent gaps would be another trace.
package enum TraceReader {
  static let columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]

  /// The path that means standard input.
  package static let standardInput = "-"

  /// - Parameter path: of a file or a pipe, or ``standardInput``.
  package static func read(path: String) throws(SimulationError) -> Trace {
    let name = path == standardInput ? "standard input" : path
    let bytes = try bytes(path, name: name)
    guard bytes.count <= SimulationBounds.traceBytes else {
      throw SimulationError(
        .trace, "\(name): expected at most \(SimulationBounds.traceBytes) bytes, came more; cut the trace")
    }
    return try parse(bytes, name: name)
  }

  /// At most one byte more than a trace may have.
  private static func bytes(_ path: String, name: String) throws(SimulationError) -> [UInt8] {
    var isFolder: ObjCBool = false
    guard path == standardInput || FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw SimulationError(.trace, "\(name): expected a CSV trace, found no such file")
    }
    guard !isFolder.boolValue else { throw SimulationError(.trace, "\(name): expected a CSV trace, found a folder") }
    do {
      // A file's handle closes with its last reference; standard input stays open.
      let handle =
        try path == standardInput ? FileHandle.standardInput : FileHandle(forReadingFrom: URL(filePath: path))
      var bytes: [UInt8] = []
      // In pieces: the size of a pipe is not known before its end.
      while bytes.count <= SimulationBounds.traceBytes,
        let piece = try handle.read(upToCount: min(1 << 20, SimulationBounds.traceBytes + 1 - bytes.count)),
        !piece.isEmpty
      {
        bytes += piece
      }
      return bytes
    } catch {
      throw SimulationError(.trace, "\(name): cannot be read: \(SystemText.of(error))")
    }
  }

  /// - Parameter name: how errors call the trace.
  package static func parse(_ bytes: [UInt8], name: String) throws(SimulationError) -> Trace {
    var lines = Lines(bytes)
    guard let header = lines.next() else {
      throw SimulationError(
        .trace, "\(name): expected a header (\(columns.joined(separator: ","))), came an empty file")
    }
    let places = try columnPlaces(header, name: name)
    var calls: [TraceCall] = []
    var first: (time: Int64, line: Int)?
    var blank: Int?
    while let line = lines.next() {
      if line.allSatisfy({ $0 == 32 || $0 == 9 }) {
        blank = blank ?? lines.number
        continue
      }
      if let blank {
        throw error(name, blank, expected: "a call", came: "a blank line with calls after it")
      }
      let call = try call(line, places, after: first, name: name, number: lines.number)
      first = first ?? (call.atMicroseconds, lines.number)
      calls.append(call)
    }
    guard !calls.isEmpty else {
      throw error(name, lines.number, expected: "at least one call after the header", came: "none")
    }
    return try Trace(calls)
  }

  private static func columnPlaces(_ header: ArraySlice<UInt8>, name: String) throws(SimulationError) -> [Int] {
    let found = fields(header).map { $0.lowercased() }
    var places: [Int] = []
    for column in columns {
      guard let place = found.firstIndex(of: column.lowercased()) else {
        throw error(name, 1, expected: "a header with \(columns.joined(separator: ","))", came: quoted(header))
      }
      places.append(place)
    }
    return places
  }

  private static func call(
    _ line: ArraySlice<UInt8>, _ places: [Int], after first: (time: Int64, line: Int)?, name: String, number: Int
  ) throws(SimulationError) -> TraceCall {
    let words = fields(line)
    guard let last = places.max(), words.count > last else {
      throw error(name, number, expected: "\((places.max() ?? 0) + 1) columns", came: "\(words.count): \(quoted(line))")
    }
    guard let time = Timestamp.microseconds(words[places[0]]) else {
      throw error(
        name, number, expected: "a time like 2023-11-16 18:15:46.680", came: quoted(words[places[0]]))
    }
    // Times as empty as 0001-01-01 are mistakes, and one of them would squeeze all other calls into an instant.
    if let first, abs(time - first.time) > SimulationBounds.traceSpan.microseconds {
      throw error(
        name, number,
        expected:
          "a time at most \(DurationText.format(SimulationBounds.traceSpan)) from that of the first call (line \(first.line))",
        came: quoted(words[places[0]]))
    }
    let tokens = try [1, 2].map { (column: Int) throws(SimulationError) -> Int64 in
      guard let value = Int64(words[places[column]]), SimulationBounds.tokens.contains(value) else {
        throw error(
          name, number,
          expected: "\(columns[column]) as a whole number from 0 to \(SimulationBounds.tokens.upperBound)",
          came: quoted(words[places[column]]))
      }
      return value
    }
    return TraceCall(atMicroseconds: time, inputTokens: tokens[0], outputTokens: tokens[1])
  }

  private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
    line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }
  }

  private static func quoted(_ line: ArraySlice<UInt8>) -> String {
    // Enough bytes for an excerpt: a line may be as long as the file.
    quoted(String(decoding: line.prefix(4 * Excerpt.length + 4), as: UTF8.self))
  }

  private static func quoted(_ text: String) -> String { "\"\(Excerpt.of(text))\"" }

  private static func error(_ name: String, _ number: Int, expected: String, came: String) -> SimulationError {
    SimulationError(
      .trace, "\(name), line \(number): expected \(expected), came \(came); correct the line or remove it")
  }

  /// Lines without their ends, counted from 1.
  private struct Lines {
    private var rest: ArraySlice<UInt8>
    private(set) var number = 0

    init(_ bytes: [UInt8]) {
      rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    }

    mutating func next() -> ArraySlice<UInt8>? {
      guard !rest.isEmpty else { return nil }
      number += 1
      let end = rest.firstIndex(of: 10) ?? rest.endIndex
      var line = rest[..<end]
      if line.last == 13 { line.removeLast() }
      rest = rest[min(end + 1, rest.endIndex)...]
      return line
    }
  }
}
