import LimiterLLM
import Synchronization

/// The worker processes of a run, and what they have said so far.
final class WorkerFleet: Sendable {
  private struct State {
    var processes: [WorkerProcess] = []
    var counters: [Int: WorkerCounters] = [:]
    var calls: [CallRecord] = []
    var ready: Set<Int> = []
    var finished: Set<Int> = []
    var gone: Set<Int> = []
    /// We have told all workers to die.
    var isEnding = false
    /// Of workers that ended before they had settled everything.
    var troubles: [String] = []
    /// The workers among those that we did not end.
    var lost: Set<Int> = []
    /// Calls of the workers that we ended.
    var unfinished = 0
    var errors: [Int: [String: Int]] = [:]
    var statistics: [Int: LLMStatistics] = [:]
    var watchers: [CheckedContinuation<Void, Never>] = []

    mutating func note(_ progress: WorkerProgress, of number: Int) {
      counters[number] = progress.counters
      errors[number] = progress.errors
      statistics[number] = progress.llm
      calls += progress.calls
    }
  }

  /// What the workers have done so far.
  struct Status: Sendable {
    var counters = WorkerCounters()
    var calls: [CallRecord]
    var ready: Int
    var gone: Int
    var troubles: [String]
    /// Workers that ended by themselves before they had settled everything.
    var lost: Int
    /// Calls that had not ended when we ended their workers.
    var unfinished: Int
    /// What went wrong with calls, and how often.
    var errors: [String: Int]
    /// What the library has counted in each worker, with a chain.
    var statistics: [LLMStatistics]
  }

  private let state = Mutex(State())

  /// Starts a process per configuration. If one cannot be started, the others run on: ``end()`` ends them.
  func start(_ command: [String], _ configurations: [WorkerConfiguration]) throws(SimulationError) {
    for configuration in configurations {
      let number = configuration.number
      let process = try WorkerProcess(command: command, configuration: configuration) { [self] event in
        note(event, of: number)
      }
      state.withLock { $0.processes.append(process) }
    }
  }

  /// Everything said so far. The calls grow; copying them is not free.
  var status: Status {
    state.withLock { state in
      Status(
        counters: state.counters.values.reduce(WorkerCounters(), +), calls: state.calls, ready: state.ready.count,
        gone: state.gone.count, troubles: state.troubles, lost: state.lost.count, unfinished: state.unfinished,
        errors: state.errors.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) },
        statistics: Array(state.statistics.values))
    }
  }

  var counters: WorkerCounters { state.withLock { $0.counters.values.reduce(WorkerCounters(), +) } }

  func send(_ command: WorkerCommand) { processes.forEach { $0.send(command) } }

  /// SIGKILL for those that still run.
  func kill() {
    state.withLock { $0.isEnding = true }
    processes.forEach { $0.kill() }
  }

  /// Ends all workers and waits until they have gone; a process that nobody waits for stays as a zombie. Not cut short by
  /// cancellation.
  func end() async {
    kill()
    await Task.detached { await self.waitUntilGone() }.value
  }

  /// Waits until every worker is ready, or one is gone.
  func waitUntilReady() async {
    await wait { $0.ready.union($0.gone).count == $0.processes.count || !$0.troubles.isEmpty }
  }

  /// Waits until every process has ended.
  func waitUntilGone() async { await wait { $0.gone.count == $0.processes.count } }

  private var processes: [WorkerProcess] { state.withLock { $0.processes } }

  private func wait(until condition: @Sendable (borrowing State) -> Bool) async {
    // Every event wakes all watchers; cancellation does, too.
    while !Task.isCancelled {
      if state.withLock({ condition($0) }) { return }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isDone = state.withLock { state in
            guard !condition(state), !Task.isCancelled else { return true }
            state.watchers.append(continuation)
            return false
          }
          if isDone { continuation.resume() }
        }
      } onCancel: {
        wake()
      }
    }
  }

  private func wake() {
    let watchers = state.withLock { state in
      defer { state.watchers = [] }
      return state.watchers
    }
    watchers.forEach { $0.resume() }
  }

  private func note(_ event: WorkerProcess.Event, of number: Int) {
    state.withLock { state in
      switch event {
      case .message(.ready): state.ready.insert(number)
      case .message(.progress(let progress)): state.note(progress, of: number)
      case .message(.end(let progress)):
        state.note(progress, of: number)
        state.finished.insert(number)
      case .message(.fatal(let message)):
        state.lost.insert(number)
        state.troubles.append("worker \(number): \(message)")
      case .ended(let how):
        state.gone.insert(number)
        guard !state.finished.contains(number), !state.lost.contains(number) else { break }
        if state.isEnding {
          let calls = state.counters[number]?.unfinished ?? 0
          state.unfinished += calls
          state.troubles.append(
            "worker \(number): was ended while \(PlainCount.format(calls, "call", "calls")) had not ended")
        } else {
          state.lost.insert(number)
          state.troubles.append("worker \(number): \(how ?? "ended before its calls were settled")")
        }
      }
    }
    wake()
  }
}
