import Foundation
import SeededRandom
import Testing

@testable import Oracle

@Suite struct ScannerTests {
  private func scan(_ bytes: [UInt8], piece: Int) throws -> (items: [CommandScanner.Scanned], pending: Int) {
    var scanner = CommandScanner(file: "f")
    var items: [CommandScanner.Scanned] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      scanner.feed(bytes[start..<min(bytes.count, start + piece)])
      while let item = try scanner.next() { items.append(item) }
    }
    return (items, scanner.pending)
  }

  private var sample: [UInt8] {
    History.encode(["SELECT", "0"]) + Array("#TS:1700000000\r\n".utf8)
      + History.encode([Array("SET".utf8), [0, 13, 10, 255, 42, 36], []]) + History.encode(["DEL", "k"])
  }

  @Test func `the same items however the bytes are cut`() throws {
    let whole = try scan(sample, piece: sample.count)
    #expect(whole.pending == 0)
    #expect(whole.items.map(\.offset) == [0, 23, 39, 70])
    #expect(whole.items[2].item == .command([Array("SET".utf8), [0, 13, 10, 255, 42, 36], []]))
    #expect(whole.items[1].item == .annotation("TS:1700000000"))
    for piece in 1...sample.count { #expect(try scan(sample, piece: piece).items == whole.items) }
  }

  @Test func `a file cut at any byte gives the whole items before the cut`() throws {
    let whole = try scan(sample, piece: sample.count).items
    let ends = whole.map(\.offset).dropFirst() + [sample.count]
    for length in 0..<sample.count {
      let cut = try scan(Array(sample[..<length]), piece: 7)
      #expect(cut.items.count == ends.count { $0 <= length })
      #expect(cut.pending == length - (cut.items.last.map { last in ends.first { $0 > last.offset } ?? 0 } ?? 0))
    }
  }

  @Test(arguments: [
    "junk\r\n", "*x\r\n", "*-1\r\n", "*0\r\n", "*1\r\n+OK\r\n", "*1\r\n$-1\r\n", "*1\r\n$1\r\nabc\r\n",
    "*99999999999\r\n",
    "*1\r\n$99999999999999999999\r\n", "*1\rx", "\0\0\0\0", "*\r\n", "*+1\r\n$1\r\na\r\n",
  ]) func `junk is an error with its place`(_ text: String) throws {
    let prefix = History.encode(["DEL", "k"])
    let error = #expect(throws: OracleError.self) { try scan(prefix + Array(text.utf8), piece: 1_000) }
    #expect(error?.code == .malformed)
    #expect(error?.message.hasPrefix("f@") == true, "\(String(describing: error))")
  }

  @Test func `a line without an end is refused instead of collected`() {
    #expect(throws: OracleError.self) { try scan([UInt8](repeating: 35, count: 5_000), piece: 100) }
  }

  @Test func `random bytes never crash it`() {
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2_000 {
      var bytes = sample
      for _ in 0..<3 {
        let index = Int(random.next() % UInt64(bytes.count))
        bytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? scan(bytes, piece: 1 + Int(random.next() % 40))
    }
  }
}
