import Foundation
import LimiterCore
import Testing

@testable import LimiterConfiguration

@Suite("The documentation says what is so")
struct DocumentationTests {
  @Test("every key of a policy is described")
  func keys() throws {
    let text = try Files.text("docs/configuration.md")
    for key in PolicyReader.keys + PolicyReader.modelKeys + PolicyReader.providerLimitKeys + PolicyReader.ruleKeys {
      #expect(text.contains("`\(key)`"), "\(key)")
    }
    for code in PolicyProblem.Code.allCases { #expect(text.contains("| `\(code.rawValue)` |"), "\(code)") }
    for profile in ProviderProfile.all {
      let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(profile.name)` |") }
      let settling = profile.windowSettling == .actual ? "the real usage" : "the reservation"
      #expect(row?.contains(settling) == true, "\(profile.name)")
      #expect(row?.contains(profile.reason) == true, "\(profile.name)")
      #expect(row?.contains("| `\(profile.counting.rawValue)` |") == true, "\(profile.name)")
    }
  }

  @Test("the messages that are shown are the ones that are told")
  func messages() throws {
    let policy = """
      domain: production

      headrom: 0.8

      models:
        gpt-4o:
          provider: openai
          limits:
            requests: 500

      """
    let error = #expect(throws: PolicyError.self) { try PolicyFile.parse(policy, name: "limiterd.yaml") }
    let told = try #require(error).description.split(separator: "\n")
    let shown = try Files.text("docs/configuration.md").split(separator: "\n").filter { $0.hasPrefix("limiterd.yaml:") }
    #expect(shown == told)
  }

  @Test(
    "the code that is shown is that of the examples, which are compiled",
    arguments: [
      ("README.md", "Examples/Complete/Complete.swift"),
      ("Sources/LimiterLLM/Documentation.docc/LimiterLLM.md", "Examples/Complete/Complete.swift"),
      ("Sources/LimiterClient/Documentation.docc/LimiterClient.md", "Examples/Worker/Worker.swift"),
    ])
  func examples(document: String, example: String) throws {
    let lines = { (text: String) in
      Set(text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty && !$0.hasPrefix("///") })
    }
    let compiled = lines(try Files.text(example))
    let text = try Files.text(document)
    // The first block of Swift.
    let parts = text.components(separatedBy: "```swift\n")
    let shown = lines(try #require(parts.dropFirst().first?.components(separatedBy: "```").first))
    #expect(shown.count >= 5 && shown.subtracting(compiled).isEmpty, "\(shown.subtracting(compiled))")
  }

  @Test("the YAML files of the repository are YAML", arguments: ["docker-compose.yml", "docs/limiterd.example.yaml"])
  func yaml(path: String) throws {
    var problems = ProblemList()
    #expect(YAMLReader.read(try Files.text(path), problems: &problems) != nil)
    #expect(problems.problems == [])
  }
}
