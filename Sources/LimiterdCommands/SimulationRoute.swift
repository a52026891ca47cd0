internal import ArgumentParser

/// Whom the workers of a simulation ask.
package enum SimulationRoute: String, ExpressibleByArgument, CaseIterable, Sendable {
  case limiterd
  case direct

  /// Processes of limiterd, where nobody says how many.
  static let limiterds = 2
}
