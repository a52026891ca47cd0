/// The same policy for a limiterd, which reads it as any other: headroom and guard are in the numbers already.
extension SimulationPolicy {
  func yaml(redis url: String) -> String {
    var lines = [
      "domain: \(domain)", "headroom: 1.0", "guard: 0ms", "redis: {url: \"\(url)\"}",
      "server: {redis_slow_after: \(SimulationBounds.redisSlowAfter.components.seconds)s}", "models:",
    ]
    for model in models {
      lines += [
        "  \"\(model.name)\":", "    provider: simulated", "    settle: actual",
        "    price: {input: \"\(Dollars.format(nanodollars: model.inputPrice))\", output: \"\(Dollars.format(nanodollars: model.outputPrice))\"}",
      ]
    }
    lines.append("limits:")
    for model in models {
      let only = fallbacks == nil ? "" : ", models: [\"\(model.name)\"]"
      for window in keptWindows {
        let length = window.lengthMicroseconds / 1_000
        lines.append("  \"\(name(window.name, of: model))\": {\(window.name): \(window.amount)/\(length)ms\(only)}")
      }
      if let permits = limits.concurrency {
        lines.append("  \"\(name("concurrency", of: model))\": {concurrency: \(permits)\(only)}")
      }
    }
    if let budget {
      lines.append("  \(Self.budgetName): {per: run, budget: \(Dollars.format(nanodollars: budget)) USD}")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
