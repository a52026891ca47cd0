/// The text format of Prometheus, version 0.0.4.
package struct MetricsText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package private(set) var text = ""

  package init() {}

  /// A family without labels.
  package mutating func write(_ metric: Metric, _ value: Int64) {
    write(metric, samples: [([], String(value))])
  }

  /// A family without labels, in seconds.
  package mutating func write(_ metric: Metric, microseconds: Int64) {
    write(metric, samples: [([], Self.seconds(microseconds))])
  }

  /// A family of samples, each with the values of the metric's labels; without any, nothing is written.
  package mutating func write(_ metric: Metric, samples: [(labels: [String], value: String)]) {
    guard !samples.isEmpty else { return }
    writeHead(metric)
    for sample in samples { writeSample(metric.name, zip(metric.labels.map(\.name), sample.labels), sample.value) }
  }

  /// One label with a closed set: each of its values is there from the start, so that a rate can be told from the first event on.
  package mutating func write(_ metric: Metric, closed counts: [String: Int64]) {
    guard let label = metric.labels.first, case .closed(let values) = label.values else {
      preconditionFailure("\(metric.name) has one closed label")
    }
    write(metric, samples: values.map { ([$0], String(counts[$0] ?? 0)) })
  }

  package mutating func write(_ metric: Metric, _ histogram: MetricHistogram) {
    writeHead(metric)
    var total: Int64 = 0
    let bounds = histogram.bounds.map(Self.seconds) + ["+Inf"]
    for (bound, count) in zip(bounds, histogram.counts) {
      total += count
      writeSample("\(metric.name)_bucket", CollectionOfOne(("le", bound)), String(total))
    }
    writeSample("\(metric.name)_sum", EmptyCollection<(String, String)>(), Self.seconds(histogram.sumMicroseconds))
    writeSample("\(metric.name)_count", EmptyCollection<(String, String)>(), String(total))
  }

  private mutating func writeHead(_ metric: Metric) {
    text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
  }

  private mutating func writeSample(_ name: String, _ labels: some Sequence<(String, String)>, _ value: String) {
    let labels = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Seconds as a decimal number, exactly.
  package static func seconds(_ microseconds: Int64) -> String {
    let (whole, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest != 0 else { return String(whole) }
    var digits = String(rest + 1_000_000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}
