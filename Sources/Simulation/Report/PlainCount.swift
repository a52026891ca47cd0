/// A number and what it counts, in the singular for one: `1 worker process`, `8 worker processes`.
enum PlainCount {
  static func format(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }

  /// Through whom the workers ask.
  static func via(_ limiterds: Int) -> String {
    limiterds == 0 ? "" : " through \(format(limiterds, "limiterd", "limiterds"))"
  }

  static func workers(_ count: Int) -> String { format(count, "worker process", "worker processes") }
}
