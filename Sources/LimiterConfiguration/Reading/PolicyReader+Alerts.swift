/// `alerts:`.
extension PolicyReader {
  private static let alertKeys = ["fallbacks", "least_calls", "webhook"]

  mutating func readAlerts(_ fields: PolicyFields) -> AlertOptions {
    var alerts = AlertOptions()
    guard let entry = fields["alerts"],
      let keys = mapping(
        entry.value, at: entry.place, path: fields.path(of: "alerts"), expected: "who is told of what",
        keys: Self.alertKeys, isSecret: true)
    else { return alerts }
    if let entry = keys["fallbacks"] {
      if case .text("off") = entry.value.content {
        alerts.fallbacksPerMille = nil
      } else if let share = quantity(entry.value, path: keys.path(of: "fallbacks"), Self.fallbackShare) {
        alerts.fallbacksPerMille = share
      }
    }
    if let entry = keys["least_calls"],
      let calls = quantity(entry.value, path: keys.path(of: "least_calls"), Quantity.count)
    {
      alerts.leastCalls = calls
    }
    alerts.webhook = option(
      "webhook", of: keys, expected: "a URL such as https://hooks.example/limiterd", isSecret: true, Self.isWebURL)
    return alerts
  }

  private static func fallbackShare(_ text: String) throws(QuantityError) -> Int64 {
    do throws(QuantityError) { return try Quantity.perMille(text) } catch {
      var error = error
      error.expected += ", or `off`"
      if error.code == .zero { error.advice = "write `off` for no alert" }
      throw error
    }
  }
}
