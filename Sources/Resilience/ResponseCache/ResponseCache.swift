import Synchronization

/// The last answers, for when no model can give one: bounded by count and bytes, the least recently used leave first.
public final class ResponseCache<Answer: Sendable, Time: Clock>: Sendable where Time.Duration == Duration {
  private struct Entry {
    var answer: Answer
    var bytes: Int
    var at: Time.Instant
    var used: UInt64
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var bytes = 0
    var uses: UInt64 = 0
  }

  private let count: Int
  private let bytes: Int
  private let clock: Time
  private let state = Mutex(State())

  /// - Parameters:
  ///   - count: answers, at most.
  ///   - bytes: of all answers together, at most; one that is larger is not kept.
  public init(count: Int = 1_000, bytes: Int = 64 << 20, clock: Time = ContinuousClock()) {
    self.count = max(count, 0)
    self.bytes = max(bytes, 0)
    self.clock = clock
  }

  /// Answers that are kept.
  public var entries: Int { state.withLock { $0.entries.count } }

  /// Keeps an answer under a request's fingerprint, in place of an older one.
  ///
  /// - Complexity: O(answers) for each that must leave.
  public func store(_ answer: Answer, bytes size: Int, for request: String) {
    let now = clock.now
    state.withLock { state in
      if let old = state.entries.removeValue(forKey: request) { state.bytes -= old.bytes }
      guard size <= bytes, count > 0 else { return }
      state.uses += 1
      state.entries[request] = Entry(answer: answer, bytes: max(size, 0), at: now, used: state.uses)
      state.bytes += max(size, 0)
      while state.entries.count > count || state.bytes > bytes,
        let oldest = state.entries.min(by: { $0.value.used < $1.value.used })
      {
        state.entries[oldest.key] = nil
        state.bytes -= oldest.value.bytes
      }
    }
  }

  /// The answer to a request, and its age.
  public func answer(to request: String) -> (answer: Answer, age: Duration)? {
    let now = clock.now
    return state.withLock { state in
      guard let entry = state.entries[request] else { return nil }
      state.uses += 1
      state.entries[request]?.used = state.uses
      return (entry.answer, entry.at.duration(to: now))
    }
  }
}
