/// What a test waited for did not come.
package struct DidNotHappen: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) { self.description = description }
}

/// Waits until `condition` holds; throws ``DidNotHappen`` at the deadline, and whatever `condition` throws.
///
/// For conditions that only can be looked at (a process is gone, a key has a value). For what tells us by itself, use ``Recorder``.
package func eventually(
  _ what: String, within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let deadline = clock.now + limit
  var pause = Duration.milliseconds(1)
  while try await !condition() {
    guard clock.now < deadline else { throw DidNotHappen(description: "did not happen within \(limit): \(what)") }
    try await clock.sleep(for: pause)
    pause = min(pause * 2, .milliseconds(25))
  }
}

/// Runs `body`, and throws ``DidNotHappen`` when it has not ended at the deadline; it is cancelled then.
package func within<Result: Sendable>(
  _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await ContinuousClock().sleep(for: limit)
      throw DidNotHappen(description: "did not end within \(limit): \(what)")
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw CancellationError() }
    return first
  }
}
