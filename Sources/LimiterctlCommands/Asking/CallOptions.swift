import ArgumentParser
import LimiterCore

/// Whose call is meant.
struct CallOptions: ParsableArguments {
  @Option(help: "The tenant whose limits are meant.")
  var tenant: String?

  @Option(help: "The run whose limits are meant.")
  var run: String?

  @Option(help: ArgumentHelp("An attribute that the policy counts by; again for more.", valueName: "name=value"))
  var attribute: [String] = []

  var isEmpty: Bool { tenant == nil && run == nil && attribute.isEmpty }

  func validate() throws {
    for text in attribute where !text.dropFirst().contains("=") {
      throw ValidationError("--attribute: expected name=value, got \(text)")
    }
    guard Set(pairs.map(\.name)).count == pairs.count else {
      throw ValidationError("--attribute: expected each name once")
    }
  }

  func request(model: String) -> AdmissionRequest {
    AdmissionRequest(
      model: model, tenant: tenant, run: run,
      attributes: Dictionary(pairs.map { ($0.name, $0.value) }) { $1 })
  }

  /// The same for a command of the worker protocol.
  var words: [String] {
    (tenant.map { ["TENANT", $0] } ?? []) + (run.map { ["RUN", $0] } ?? [])
      + pairs.flatMap { ["ATTR", $0.name, $0.value] }
  }

  private var pairs: [(name: String, value: String)] {
    attribute.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
  }
}
