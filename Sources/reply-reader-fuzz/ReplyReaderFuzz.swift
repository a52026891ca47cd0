#if !LIBFUZZER
  import Foundation
  import SeededRandom
  import TestSupport

  /// `reply-reader-fuzz [seconds | file...]`: mutates replies for some seconds (10), or checks the files once. `LIMITERD_SEED` repeats a run.
  ///
  /// The driver for machines without libFuzzer; `scripts/fuzz` prefers that.
  @main struct ReplyReaderFuzz {
    static func main() throws {
      let arguments = CommandLine.arguments.dropFirst()
      if let files = arguments.first.map({ Int($0) == nil ? arguments : [] }), !files.isEmpty {
        for file in files { Check.run(Array(try Data(contentsOf: URL(filePath: file)))) }
        print("checked \(files.count) files")
        return
      }
      let seconds = arguments.first.flatMap { Int($0) } ?? 10
      var generator = SeededGenerator(for: "reply-reader-fuzz")
      let deadline = ContinuousClock.now + .seconds(seconds)
      var count = 0
      while ContinuousClock.now < deadline {
        for _ in 0..<1_000 { Check.run(input(using: &generator)) }
        count += 1_000
      }
      print("checked \(count) streams in \(seconds) s")
    }

    private static let words = [
      "+OK\r\n", "-ERR no\r\n", ":1\r\n", ":-9223372036854775808\r\n", "$3\r\nabc\r\n", "$0\r\n\r\n", "$-1\r\n",
      "*-1\r\n", "*0\r\n",
      "*1\r\n", "*2\r\n", "*3\r\n", "*2147483647\r\n", "$16777217\r\n", "\r\n", "$", "*", ":", "+",
    ].map { Array($0.utf8) }

    /// A few words of the protocol, with a few bytes changed.
    private static func input(using generator: inout SeededGenerator) -> [UInt8] {
      var input = [UInt8.random(in: 0...255, using: &generator), UInt8.random(in: 0...20, using: &generator)]
      for _ in 0..<Int.random(in: 1...12, using: &generator) {
        input += words.randomElement(using: &generator) ?? []
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: 0..<input.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: input[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: input.insert(UInt8.random(in: 32...63, using: &generator), at: place)
        default: input.remove(at: place)
        }
        if input.count < 2 { break }
      }
      return input
    }
  }
#endif
