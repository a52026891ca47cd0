/// A strict parser of the Prometheus text format 0.0.4: what Prometheus would refuse or read in another way is an error.
struct PrometheusText {
  struct Problem: Error, CustomStringConvertible {
    var description: String
  }

  struct Sample: Hashable {
    var name: String
    var labels: [String: String]
    var value: Double
  }

  struct Family {
    var name: String
    var help: String
    var type: String
    var samples: [Sample] = []
  }

  private(set) var families: [Family] = []

  /// The value of a series, written as in the text.
  func value(_ series: String) throws -> Double? {
    let wanted = try Self.sample(Substring(series + " 0"))
    return families.flatMap(\.samples).first { $0.name == wanted.name && $0.labels == wanted.labels }?.value
  }

  static func parse(_ text: String) throws -> PrometheusText {
    guard text.hasSuffix("\n") else { throw Problem(description: "the last line has no end") }
    var parsed = PrometheusText()
    var help: (name: String, text: String)?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("# HELP ") {
        let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
        guard parts.count == 2, help == nil else { throw Problem(description: "HELP: \(line)") }
        help = (String(parts[0]), String(parts[1]))
      } else if line.hasPrefix("# TYPE ") {
        let parts = line.dropFirst(7).split(separator: " ")
        guard parts.count == 2, let known = help, known.name == parts[0],
          ["counter", "gauge", "histogram"].contains(parts[1]), isName(parts[0]),
          !parsed.families.contains(where: { $0.name == parts[0] })
        else { throw Problem(description: "TYPE without its HELP, twice, or unknown: \(line)") }
        parsed.families.append(Family(name: known.name, help: known.text, type: String(parts[1])))
        help = nil
      } else {
        let sample = try sample(line)
        guard help == nil, var family = parsed.families.popLast() else {
          throw Problem(description: "a sample before its TYPE: \(line)")
        }
        try family.add(sample)
        parsed.families.append(family)
      }
    }
    guard help == nil else { throw Problem(description: "HELP without TYPE at the end") }
    for family in parsed.families { try family.check() }
    return parsed
  }

  static func isName(_ name: Substring) -> Bool {
    guard let first = name.unicodeScalars.first, first.isASCII, !("0"..."9").contains(first) else { return false }
    return name.unicodeScalars.allSatisfy {
      $0 == "_" || $0 == ":" || ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
    }
  }

  private static func sample(_ line: Substring) throws -> Sample {
    func problem(_ what: String) -> Problem { Problem(description: "\(what): \(line)") }
    var rest = line
    let name = rest.prefix { $0 != "{" && $0 != " " }
    guard isName(name) else { throw problem("a name") }
    rest = rest[name.endIndex...]
    var labels: [String: String] = [:]
    if rest.hasPrefix("{") {
      rest = rest.dropFirst()
      while !rest.hasPrefix("}") {
        let label = rest.prefix { $0 != "=" }
        guard isName(label), !label.contains(":") else { throw problem("a label") }
        rest = rest[label.endIndex...].dropFirst()
        guard rest.popFirst() == "\"" else { throw problem("quotes") }
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
          guard character == "\\" else {
            value.append(character)
            continue
          }
          switch rest.popFirst() {
          case "n": value.append("\n")
          case "\\": value.append("\\")
          case "\"": value.append("\"")
          default: throw problem("an escape")
          }
        }
        guard labels.updateValue(value, forKey: String(label)) == nil else { throw problem("a label twice") }
        if rest.hasPrefix(",") { rest = rest.dropFirst() } else if !rest.hasPrefix("}") { throw problem("a comma") }
      }
      rest = rest.dropFirst()
    }
    guard rest.popFirst() == " " else { throw problem("one space before the value") }
    let number = rest == "+Inf" ? Double.infinity : Double(rest)
    guard let number, !rest.contains(" ") else { throw problem("a number") }
    return Sample(name: String(name), labels: labels, value: number)
  }
}

extension PrometheusText.Family {
  fileprivate mutating func add(_ sample: PrometheusText.Sample) throws {
    let names = type == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
    guard names.contains(sample.name) else {
      throw PrometheusText.Problem(description: "\(sample.name) in the family \(name)")
    }
    guard !samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
      throw PrometheusText.Problem(description: "a series twice: \(sample)")
    }
    samples.append(sample)
  }

  fileprivate func check() throws {
    func problem(_ what: String) -> PrometheusText.Problem { .init(description: "\(name): \(what)") }
    if samples.isEmpty { throw problem("no samples") }
    if type == "counter" {
      if !name.hasSuffix("_total") { throw problem("a counter's name ends with _total") }
      if samples.contains(where: { $0.value < 0 }) { throw problem("a counter below 0") }
    }
    guard type == "histogram" else { return }
    let buckets = samples.filter { $0.name == name + "_bucket" }
    let bounds = buckets.map { Double($0.labels["le"] == "+Inf" ? "inf" : $0.labels["le"] ?? "") ?? .nan }
    guard bounds.last == .infinity, zip(bounds, bounds.dropFirst()).allSatisfy(<) else { throw problem("its bounds") }
    let counts = buckets.map(\.value)
    guard zip(counts, counts.dropFirst()).allSatisfy(<=) else { throw problem("buckets that fall") }
    guard samples.first(where: { $0.name == name + "_count" })?.value == counts.last else { throw problem("its count") }
    guard samples.contains(where: { $0.name == name + "_sum" }) else { throw problem("no sum") }
  }
}
