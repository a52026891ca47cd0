import LimiterLLM
import Synchronization

/// What a worker has counted and not yet told.
final class WorkerTally: Sendable {
  private struct State {
    var counters = WorkerCounters()
    var calls: [CallRecord] = []
    var errors: [String: Int] = [:]
  }

  private let state = Mutex(State())

  func arrived() { state.withLock { $0.counters.arrived += 1 } }
  func granted() { state.withLock { $0.counters.granted += 1 } }

  func ended(_ record: CallRecord) {
    state.withLock { state in
      state.calls.append(record)
      switch record.outcome {
      case .completed, .cached: state.counters.completed += 1
      case .rejected, .broken, .unanswered: state.counters.failed += 1
      case .undecided:
        // Never granted, so that it does not count as in flight.
        state.counters.granted += 1
        state.counters.failed += 1
      case .expired, .unaffordable: state.counters.denied += 1
      }
    }
  }

  /// It was granted, and in the end it was not.
  func takenBack(_ record: CallRecord) {
    state.withLock { $0.counters.granted -= 1 }
    ended(record)
  }

  /// Errors are told by their text, of which only the first few are kept apart.
  func failed(_ error: any Error) {
    let whole = "\(error)"
    let text = whole.count <= SimulationBounds.errorText ? whole : whole.prefix(SimulationBounds.errorText) + " ..."
    state.withLock { state in
      let isKnown = state.errors[text] != nil || state.errors.count < SimulationBounds.errors
      state.errors[isKnown ? text : "other errors", default: 0] += 1
    }
  }

  func take(_ statistics: LLMStatistics? = nil) -> WorkerProgress {
    state.withLock { state in
      defer { state.calls = [] }
      return WorkerProgress(counters: state.counters, calls: state.calls, errors: state.errors, llm: statistics)
    }
  }
}
