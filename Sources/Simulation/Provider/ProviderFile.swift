import Foundation
import LimiterConfiguration
import Yams

/// The file of `limiterd provider`: YAML, or JSON, which is YAML.
///
/// ```yaml
/// port: 8080
/// limits: [requests=60/1m, tokens=30000/1m, concurrency=10]
/// algorithm: sliding            # or fixed, bucket
/// sub_windows: false            # each limit over every second, too
/// latency: 50ms
/// latency_per_token: 1ms
/// output_tokens: 200
/// faults:
///   - {kind: rate_limit, model: gpt-4o, lasts: 5, retry_after: "2"}
/// ```
package enum ProviderFile {
  private struct Contents: Decodable {
    var port: Int?
    var limits: [String]?
    var algorithm: WindowAlgorithm?
    var subWindows: Bool?
    var latency: String?
    var latencyPerToken: String?
    var outputTokens: Int64?
    var faults: [ProviderFault]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case port, limits, algorithm, latency, faults
      case subWindows = "sub_windows"
      case latencyPerToken = "latency_per_token"
      case outputTokens = "output_tokens"
    }
  }

  /// - Throws: a ``SimulationError`` that says what was expected, and at which key.
  package static func read(path: String) throws(SimulationError) -> ProviderConfiguration {
    let text: String
    do { text = try String(contentsOf: URL(filePath: path), encoding: .utf8) } catch {
      throw SimulationError(.configuration, "\(path): expected a file of text in UTF-8 that can be read")
    }
    return try parse(text, name: path)
  }

  package static func parse(_ text: String, name: String) throws(SimulationError) -> ProviderConfiguration {
    guard text.utf8.count <= SimulationBounds.providerFileBytes else {
      throw SimulationError(
        .configuration, "\(name): expected at most \(SimulationBounds.providerFileBytes) bytes, got a larger file")
    }
    let contents: Contents
    do {
      try checkKeys(text)
      contents = try Yams.load(yaml: text) == nil ? Contents() : YAMLDecoder().decode(Contents.self, from: text)
    } catch {
      throw SimulationError(.configuration, "\(name): \(explain(error))")
    }
    do {
      return try configuration(contents)
    } catch let error as SimulationError {
      throw SimulationError(.configuration, "\(name): \(error.message)")
    } catch {
      throw SimulationError(.configuration, "\(name): \(error)")
    }
  }

  private static func configuration(_ contents: Contents) throws -> ProviderConfiguration {
    let limits = try SimulationLimits((contents.limits ?? []).map { try LimitText(parsing: $0) })
    var configuration = ProviderConfiguration(limits: limits)
    if let latency = contents.latency { configuration.baseLatencyMicroseconds = try duration("latency", latency) }
    if let latency = contents.latencyPerToken {
      configuration.latencyPerOutputTokenMicroseconds = Double(try duration("latency_per_token", latency))
    }
    configuration.port = try number("port", contents.port ?? 0, in: 0...65_535)
    configuration.outputTokens = Int64(
      try number("output_tokens", Int(contents.outputTokens ?? 200), in: 0...1_000_000))
    configuration.algorithm = contents.algorithm ?? .sliding
    configuration.hasSubWindows = contents.subWindows ?? false
    configuration.faults = contents.faults ?? []
    for fault in configuration.faults {
      for (name, seconds) in [("from", fault.from), ("to", fault.to), ("lasts", fault.lasts), ("delay", fault.delay)] {
        guard let seconds else { continue }
        guard seconds >= 0, seconds <= 86_400 else {
          throw SimulationError(.configuration, "faults: \(name): expected 0 to 86400 seconds, got \(seconds)")
        }
      }
      _ = try number("faults: every", fault.every ?? 1, in: 1...1_000_000)
      _ = try number("faults: count", fault.count ?? 0, in: 0...1_000_000_000)
    }
    return configuration
  }

  private static func duration(_ key: String, _ text: String) throws -> Int64 {
    do throws(QuantityError) {
      return try Quantity.duration(text, in: .zero...SimulationBounds.latency).microseconds
    } catch { throw SimulationError(.configuration, "\(key): \(error)") }
  }

  private static func number(_ key: String, _ value: Int, in range: ClosedRange<Int>) throws -> Int {
    guard range.contains(value) else {
      throw SimulationError(
        .configuration, "\(key): expected \(range.lowerBound) to \(range.upperBound), got \(value)")
    }
    return value
  }

  private static func checkKeys(_ text: String) throws {
    guard let root = try Yams.load(yaml: text) else { return }
    guard let fields = root as? [String: Any] else {
      throw SimulationError(.configuration, "expected keys and values, got something else")
    }
    try check(fields, among: Contents.CodingKeys.allCases.map(\.rawValue), in: "the file")
    try check(fields["algorithm"], among: WindowAlgorithm.allCases.map(\.rawValue), of: "algorithm")
    guard let listed = fields["faults"] else { return }
    guard let faults = listed as? [[String: Any]] else {
      throw SimulationError(.configuration, "faults: expected a list of faults, such as [{kind: slow, delay: 2}]")
    }
    for fault in faults {
      try check(fault, among: ProviderFault.CodingKeys.allCases.map(\.rawValue), in: "a fault")
      try check(fault["kind"] ?? "", among: ProviderFault.Kind.allCases.map(\.rawValue), of: "faults: kind")
    }
  }

  private static func check(_ value: Any?, among known: [String], of key: String) throws {
    guard let value else { return }
    guard let text = value as? String, known.contains(text) else {
      throw SimulationError(
        .configuration,
        "\(key): expected one of \(known.joined(separator: ", ")), got `\(Excerpt.of("\(value)"))`")
    }
  }

  private static func check(_ fields: [String: Any], among known: [String], in place: String) throws {
    guard let unknown = fields.keys.sorted().first(where: { !known.contains($0) }) else { return }
    throw SimulationError(
      .configuration, "expected the keys \(known.joined(separator: ", ")) in \(place), got `\(Excerpt.of(unknown))`")
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case let error as SimulationError: return error.message
    case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
      let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
      return "\(path.isEmpty ? "" : path + ": ")\(context.debugDescription)"
    default: return "expected YAML, got \(error)"
    }
  }
}
