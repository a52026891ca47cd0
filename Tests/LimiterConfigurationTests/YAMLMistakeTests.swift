import Foundation
import LimiterConfiguration
import Testing

@Suite("What is no policy at all is refused with its place")
struct YAMLMistakeTests {
  @Test("not YAML", arguments: BadPolicy.files)
  func notYAML(_ bad: BadPolicy) { bad.check() }

  @Test("an alias bomb is refused at once")
  func aliasBomb() {
    var text = "domain: d\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...14 {
      text += "a\(level): &a\(level) [\(repeatElement("*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    let elapsed = ContinuousClock().measure {
      BadPolicy("bomb", text, Mistake("4:40", .notYAML, "", "aliases are not supported")).check()
    }
    #expect(elapsed < .seconds(5))
  }

  @Test("a small alias bomb as a key, which has to be compared, ends soon")
  func aliasBombAsKey() {
    // 16 aliases: the most that come to the parser.
    var text = "domain: d\na0: &a0 [\(repeatElement("x", count: 100).joined(separator: ", "))]\n"
    for level in 1...5 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]\n" }
    text += "? *a5\n: 1\n"
    let elapsed = ContinuousClock().measure {
      #expect(throws: PolicyError.self) { try PolicyFile.parse(text, name: "bomb") }
    }
    #expect(elapsed < .seconds(5))
  }

  @Test("deep nesting is refused, and does not use up the stack", arguments: ["[", "{a: ", "- ", "? "])
  func deepNesting(level: String) {
    for depth in [1_100, 100_000] {
      let text = "domain: d\nx: \(level == "- " || level == "? " ? "\n" : "")" + String(repeating: level, count: depth)
      do throws(PolicyError) {
        _ = try PolicyFile.parse(text, name: "deep")
        Issue.record("accepted \(depth) of \(level)")
      } catch {
        #expect(error.problems.count == 1)
        #expect(error.description.contains("at most 1000 levels of nesting"), "\(depth) of \(level): \(error)")
      }
    }
  }

  @Test("nesting below the parser's bound is an ordinary mistake")
  func nesting() {
    let text =
      "domain: d\nx: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
      + "\nlimits: {a: {requests: 1/1s}}\n"
    BadPolicy("nested", text, Mistake("2:1", .unknownKey, "x")).check()
  }

  @Test("a file above the bound is refused unparsed")
  func tooBig() throws {
    let text = "domain: d\n" + String(repeating: "#", count: ConfigurationBounds.fileBytes)
    BadPolicy("big", text, Mistake("-", .unreadable, "", "at most 1048576 bytes")).check()
    try withFile(Data(text.utf8)) { path in
      expect(path, Mistake("-", .unreadable, "", "at most 1048576 bytes"))
    }
    // Endless: only so much of it is read.
    expect("/dev/zero", Mistake("-", .unreadable, "", "at most 1048576 bytes"))
  }

  @Test("bytes that are not UTF-8 are refused with their place")
  func invalidUTF8() throws {
    try withFile(Data("domain: d\r\nx: é".utf8) + [0xFF, 0x41]) { path in
      expect(path, Mistake("2:5", .notYAML, "", "not UTF-8"))
    }
    try withFile(Data([0xFF, 0xFE, 0x64, 0x00])) { path in
      expect(path, Mistake("1:1", .notYAML, "", "save the file as UTF-8"))
    }
  }

  @Test("a file that cannot be read says so")
  func unreadable() {
    expect("/nonexistent/limiterd.yaml", Mistake("-", .unreadable, "", "no file of this name", "limiterd.example.yaml"))
    expect("/tmp", Mistake("-", .unreadable, "", "a directory"))
  }

  @Test("a hundred mistakes are told, and how many more there are")
  func bounded() {
    let text = "domain: d\nmodels: {gpt-4o: {}}\nlimits:\n" + (1...150).map { "  a\($0): {requests: 0/1s}\n" }.joined()
    do throws(PolicyError) {
      _ = try PolicyFile.parse(text, name: "t")
      Issue.record("accepted")
    } catch {
      #expect(error.problems.count == 100)
      #expect(error.omitted == 50)
      #expect(error.description.hasSuffix("t: and 50 more"))
    }
  }

  private func expect(_ path: String, _ mistake: Mistake, sourceLocation: SourceLocation = #_sourceLocation) {
    do throws(PolicyError) {
      _ = try PolicyFile.read(path: path)
      Issue.record("accepted", sourceLocation: sourceLocation)
    } catch {
      #expect(error.problems.map(mistake.matches) == [true], "\(error)", sourceLocation: sourceLocation)
      #expect(error.name == path, sourceLocation: sourceLocation)
    }
  }

  private func withFile(_ data: Data, _ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "limiterd-test-\(UUID().uuidString).yaml")
    try data.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path(percentEncoded: false))
  }
}
