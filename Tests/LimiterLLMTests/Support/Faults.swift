import Simulation

/// Faults by name, as arguments of tests.
enum ProviderFaultKind: String, Sendable, CaseIterable {
  case noUsage = "no_usage"
  case wrongUsage = "wrong_usage"

  var fault: ProviderFault { ProviderFault(self == .noUsage ? .noUsage : .wrongUsage) }
}
