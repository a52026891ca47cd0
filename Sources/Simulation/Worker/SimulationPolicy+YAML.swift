/// The same policy for a limiterd, which reads it as any other: headroom and guard are in the numbers already.
extension SimulationPolicy {
  func yaml(redis url: String) -> String {
    var lines = [
      "domain: \(domain)", "headroom: 1.0", "guard: 0ms", "redis: {url: \"\(url)\"}", "models:",
      "  \"\(model.name)\":", "    provider: simulated", "    settle: actual",
      "    price: {input: \"\(Dollars.format(nanodollars: model.inputPrice))\", output: \"\(Dollars.format(nanodollars: model.outputPrice))\"}",
      "limits:",
    ]
    for window in keptWindows {
      lines.append("  \(window.name): {\(window.name): \(window.amount)/\(window.lengthMicroseconds / 1_000)ms}")
    }
    if let permits = limits.concurrency { lines.append("  concurrency: {concurrency: \(permits)}") }
    if let budget {
      lines.append("  \(Self.budgetName): {per: run, budget: \(Dollars.format(nanodollars: budget)) USD}")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
