/// How a provider counts a window.
package enum WindowAlgorithm: String, Codable, Sendable, Hashable, CaseIterable {
  /// What arrived in (t-W, t].
  case sliding
  /// What arrived since the last multiple of W.
  case fixed
  /// A bucket that holds the limit and is refilled all the time.
  case bucket
}
