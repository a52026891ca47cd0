/// `alerts:`.
extension PolicyReader {
  private static let alertKeys = ["fallbacks", "least_calls", "webhook"]

  mutating func readAlerts(_ fields: PolicyFields) -> AlertOptions {
    var alerts = AlertOptions()
    guard let entry = fields["alerts"],
      let keys = mapping(
        entry.value, at: entry.place, path: fields.path(of: "alerts"), expected: "who is told of what",
        keys: Self.alertKeys)
    else { return alerts }
    if let entry = keys["fallbacks"] {
      if case .text("off") = entry.value.content {
        alerts.fallbacksPerMille = nil
      } else if let share = quantity(entry.value, path: keys.path(of: "fallbacks"), Quantity.perMille) {
        alerts.fallbacksPerMille = share
      }
    }
    if let entry = keys["least_calls"],
      let calls = quantity(entry.value, path: keys.path(of: "least_calls"), Quantity.count)
    {
      alerts.leastCalls = calls
    }
    alerts.webhook = option("webhook", of: keys, expected: "a URL such as https://hooks.example/limiterd") {
      $0.hasPrefix("https://") || $0.hasPrefix("http://")
    }
    return alerts
  }
}
