import Foundation
import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct JSONReaderTests {
  @Test(arguments: [
    (#"{"a":1,"b":[true,false,null,"x"],"c":{}}"#, #"{"a":1,"b":[true,false,null,"x"],"c":{}}"#),
    (" [ 1 , -2 , 0 , -0 ] ", "[1,-2,0,0]"), (#""é\u00e9\ud83d\ude00\n\/""#, "\"éé😀\\n/\""),
    ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"), ("[]", "[]"),
    (#"["\u0000\u007f\"\\"]"#, #"["\u0000\u007f\"\\"]"#), ("10", "10"),
  ])
  func `what is read is written`(_ text: String, _ expected: String) throws {
    #expect(try JSONReader.read(Array(text.utf8)).text == expected)
  }

  @Test(arguments: ["9223372036854775808", "1.0", "1e2", "-0.5E-3"])
  func `numbers that are no whole ones are told apart`(_ text: String) throws {
    #expect(try JSONReader.read(Array(text.utf8)) == .fraction)
  }

  @Test func `what is read, Foundation reads alike`() throws {
    var generator = SeededGenerator(for: "JSON")
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "0", "-", "12", ".5", "e1", "true", "null", " ", "\"\\n\"",
      "\"\\u00e9\"", "\"",
    ]
    var readable = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...7, using: &generator)
      let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      guard let ours = try? JSONReader.read(Array(text.utf8)) else { continue }
      readable += 1
      // Numbers that are no whole ones are not told.
      guard !text.contains(/[.]|e1/) else { continue }
      func foundation(_ text: String) -> NSObject? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) as? NSObject
      }
      let theirs = try #require(foundation(text), "\(text)")
      #expect(theirs == foundation(ours.text), "\(text)")
    }
    #expect(readable > 500)
  }
}
