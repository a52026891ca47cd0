import Synchronization

/// Remembers what callbacks and other tasks report, and wakes who waits for it.
package final class Recorder<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Everything so far, in order.
  package var elements: [Element] { state.withLock { $0.elements } }

  package func record(_ element: Element) {
    let waiters = state.withLock { state in
      state.elements.append(element)
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Waits until the elements fulfil `condition`, which is looked at after each of them, and returns them.
  package func wait(
    for what: String, within limit: Duration = .seconds(30), until condition: @escaping @Sendable ([Element]) -> Bool
  ) async throws -> [Element] {
    try await TestSupport.within(limit, what) { [self] in
      while true {
        let elements = elements
        if condition(elements) { return elements }
        try Task.checkCancellation()
        await nextChange(after: elements.count)
      }
    }
  }

  /// Waits until there are at least `count` elements, and returns all.
  package func wait(count: Int, within limit: Duration = .seconds(30)) async throws -> [Element] {
    try await wait(for: "\(count) records", within: limit) { $0.count >= count }
  }

  /// Returns when there are more than `count` elements, or the task is cancelled.
  private func nextChange(after count: Int) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          if state.elements.count > count || Task.isCancelled { return true }
          state.waiters[number] = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }
}
