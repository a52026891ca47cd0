/// Makes a call, and makes it once more when there is no result after a delay: the first result counts, and the other call is cancelled.
///
/// It costs up to twice as much and must do no harm when it is done twice. A delay that most calls do not reach, such as their 95th percentile, makes it
/// about a twentieth (J. Dean and L. A. Barroso, "The Tail at Scale", 2013).
///
/// - Throws: what the first call throws before the delay; after it, what the call throws that failed first, when both did; `CancellationError`.
public func withHedge<Result: Sendable, Time: Clock>(
  after delay: Duration, clock: Time = ContinuousClock(), _ call: @escaping @Sendable () async throws -> Result
) async throws -> Result where Time.Duration == Duration {
  // `nil`: the delay is over.
  return try await withThrowingTaskGroup(of: Swift.Result<Result, any Error>?.self) { group in
    func begin() {
      group.addTask {
        do { return .success(try await call()) } catch { return .failure(error) }
      }
    }
    defer { group.cancelAll() }
    begin()
    group.addTask {
      try await clock.sleep(until: clock.now.advanced(by: min(delay, .longestWait)), tolerance: nil)
      return nil
    }
    var (running, isHedged) = (1, false)
    var first: (any Error)?
    while let event = try await group.next() {
      switch event {
      case nil:
        isHedged = true
        running += 1
        begin()
      case .success(let result): return result
      case .failure(let error):
        try Task.checkCancellation()
        running -= 1
        first = first ?? error
        // What fails soon is tried again by whoever makes retries.
        if running == 0 || !isHedged { throw first ?? error }
      }
    }
    throw CancellationError()
  }
}
