/// Calls in the order of their arrival; never empty.
package struct Trace: Sendable, Equatable {
  package let calls: [TraceCall]

  /// - Parameter calls: in any order; calls of the same instant keep theirs.
  package init(_ calls: [TraceCall]) throws(SimulationError) {
    guard !calls.isEmpty else { throw SimulationError(.trace, "expected at least one call in a trace, came none") }
    var isSorted = true
    for index in calls.indices.dropFirst() where calls[index].atMicroseconds < calls[index - 1].atMicroseconds {
      isSorted = false
      break
    }
    self.calls =
      isSorted
      ? calls
      : calls.enumerated().sorted { ($0.element.atMicroseconds, $0.offset) < ($1.element.atMicroseconds, $1.offset) }
        .map(\.element)
  }

  /// The mean time between two calls, in microseconds; at least 1.
  package var meanGapMicroseconds: Int64 {
    guard let first = calls.first, let last = calls.last, calls.count > 1 else { return 1 }
    return max(1, (last.atMicroseconds - first.atMicroseconds) / Int64(calls.count - 1))
  }
}
