/// A trial could not be carried out, which says nothing about the limiter.
package struct TrialError: Error, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Looks until `condition` holds.
///
/// - Throws: ``TrialError`` when it does not within the time.
func waitUntil(
  _ what: String, within limit: Duration, _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var pause = Duration.milliseconds(2)
  while try await !condition() {
    guard ContinuousClock.now < deadline else { throw TrialError("did not happen within \(limit): \(what)") }
    try await Task.sleep(for: pause)
    pause = min(pause * 2, .milliseconds(50))
  }
}
