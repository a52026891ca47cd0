extension Duration {
  /// A hundred years: no wait is longer. What is asked for beyond it means as much, and clocks cannot add all of it.
  package static let longestWait: Duration = .seconds(100 * 365 * 86_400)
}
