/// The bounds of the scripts that show in their answers.
package struct StoreBounds: Sendable, Hashable {
  package var pruned = LimiterBounds.pruned
  package var exactEntries = LimiterBounds.exactEntries
  package var quanta = LimiterBounds.quanta
  package var retryWalk = LimiterBounds.retryWalk
  package var reapedSessions = LimiterBounds.reapedSessions
  package var reapedPermits = LimiterBounds.reapedPermits

  package init() {}
}
