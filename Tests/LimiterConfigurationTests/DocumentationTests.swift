import Foundation
import LimiterCore
import Testing
import Yams

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

  @Test("the compose file is YAML, and its two limiterds share nothing but Redis")
  func compose() throws {
    let file = try #require(try Yams.load(yaml: try Files.text("docker-compose.yml")) as? [String: Any])
    let services = try #require(file["services"] as? [String: [String: Any]])
    #expect(Set(services.keys) == ["limiterd-a", "limiterd-b", "worker-a", "worker-b", "redis"])
    func socket(_ name: String) -> String? {
      (services[name]?["volumes"] as? [String])?.first { $0.hasSuffix(":/run/limiterd") }
    }
    #expect(socket("limiterd-a") == socket("worker-a") && socket("limiterd-b") == socket("worker-b"))
    #expect(socket("limiterd-a") != nil && socket("limiterd-a") != socket("limiterd-b"))
    #expect(services["limiterd-a"]?["command"] as? [String] == services["limiterd-b"]?["command"] as? [String])
  }
}
