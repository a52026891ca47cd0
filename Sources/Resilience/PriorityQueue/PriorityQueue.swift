import Synchronization

/// Work of a process by priority, so much at once; see `withPriorityQueue`.
public final class PriorityQueue<Value: Sendable>: Sendable {
  /// What became of one piece of work.
  public struct Completion: Sendable {
    /// As ``submit(priority:_:)`` has told it: 0 for the first.
    public var number: Int
    /// Its value, or what it threw; `CancellationError` when it was cancelled, also before it began.
    public var result: Result<Value, any Error>
  }

  /// How far the work has come.
  public struct Progress: Sendable, Hashable {
    /// Everything that was submitted.
    public var submitted = 0
    /// What has not begun.
    public var waiting = 0
    /// What is under way.
    public var running = 0
    /// What has ended, failed or cancelled included.
    public var completed = 0
    /// What has failed or was cancelled.
    public var failed = 0
  }

  struct Item {
    var number: Int
    var work: @Sendable () async throws -> Value
  }

  /// First come, first served.
  struct Line {
    /// What waits begins at the head; before it is what has left.
    private(set) var items: [Item?] = []
    private var head = 0

    init() {}

    mutating func append(_ item: Item) { items.append(item) }

    mutating func popFirst() -> Item? {
      guard head < items.count else { return nil }
      let item = items[head]
      items[head] = nil
      head += 1
      // No more is moved than has left since the last time.
      if head >= items.count - head { (items, head) = (Array(items[head...]), 0) }
      return item
    }
  }

  private struct State {
    var lines = [Line](repeating: Line(), count: PriorityQueue.priorities.count)
    var progress = Progress()
    var running: [Int: Task<Value, any Error>] = [:]
    /// What has no task yet, and whether it was cancelled.
    var pending: [Int: Bool] = [:]
    var isFinished = false
    var idle: [CheckedContinuation<Item?, Never>] = []
  }

  /// 1 urgent ... 10 low.
  public static var priorities: ClosedRange<Int> { 1...10 }

  /// Each piece of work as it completes; it ends when all that was submitted before ``finish()`` has. For one reader: what it has not read is kept,
  /// with its value, so that who never reads keeps all of them until the function ends.
  public let completions: AsyncStream<Completion>
  private let told: AsyncStream<Completion>.Continuation
  private let state = Mutex(State())

  init() {
    (completions, told) = AsyncStream.makeStream()
  }

  /// How far the work has come.
  public var progress: Progress { state.withLock { $0.progress } }

  /// Entries of work that is not done, and places in lines: none when everything is.
  var kept: Int {
    state.withLock { state in
      state.pending.count + state.running.count + state.lines.reduce(0) { $0 + $1.items.count }
    }
  }

  /// Adds work: it begins when there is room and nothing more urgent waits; of the same priority, what came first. It returns at once, however much
  /// waits: who adds without end bounds it by ``progress``, or by reading ``completions``.
  ///
  /// - Parameter priority: 1 urgent ... 10 low; beyond them, the nearest.
  /// - Returns: its number, which its completion has. After ``finish()`` or ``inOrder()`` it is never begun, and has no completion.
  @discardableResult
  public func submit(priority: Int = 5, _ work: @escaping @Sendable () async throws -> Value) -> Int {
    let (item, worker) = state.withLock { state -> (Item, CheckedContinuation<Item?, Never>?) in
      let item = Item(number: state.progress.submitted, work: work)
      state.progress.submitted += 1
      if state.isFinished {
        // Too late: nobody works any more.
        state.progress.completed += 1
        state.progress.failed += 1
        return (item, nil)
      }
      state.pending[item.number] = false
      if let worker = state.idle.popLast() {
        state.progress.running += 1
        return (item, worker)
      }
      let line = min(max(priority, Self.priorities.lowerBound), Self.priorities.upperBound) - 1
      state.lines[line].append(item)
      state.progress.waiting += 1
      return (item, nil)
    }
    worker?.resume(returning: item)
    return item.number
  }

  /// Cancels one piece of work: what has not begun never does. Nothing happens when it has completed, or when there is none of this number yet.
  public func cancel(_ number: Int) {
    let task = state.withLock { state -> Task<Value, any Error>? in
      if let task = state.running[number] { return task }
      if state.pending[number] != nil { state.pending[number] = true }
      return nil
    }
    task?.cancel()
  }

  /// Everything in the order of submission, when all of it has completed. It finishes first, as ``finish()`` does: what is submitted later is never
  /// begun, and is not among the results. It reads ``completions``, so nobody else may.
  ///
  /// In a cancelled task, too, it waits until nothing is missing.
  public func inOrder() async -> [Result<Value, any Error>] {
    finish()
    // A stream ends at once in a cancelled task, so another one reads it.
    let reader = Task { [completions] () -> [Result<Value, any Error>] in
      var results: [Int: Result<Value, any Error>] = [:]
      for await completion in completions { results[completion.number] = completion.result }
      return results.sorted { $0.key < $1.key }.map(\.value)
    }
    return await reader.value
  }

  /// No more work comes: ``completions`` ends after what there is.
  public func finish() {
    let (idle, isDone) = state.withLock { state in
      state.isFinished = true
      defer { state.idle = [] }
      return (state.idle, state.progress.completed == state.progress.submitted)
    }
    for worker in idle { worker.resume(returning: nil) }
    if isDone { told.finish() }
  }

  // MARK: Workers

  /// The next piece of work; `nil`: there is none, and none comes.
  private func next() async -> Item? {
    await withCheckedContinuation { continuation in
      let answer: Item?? = state.withLock { state in
        for line in state.lines.indices {
          guard let item = state.lines[line].popFirst() else { continue }
          state.progress.waiting -= 1
          state.progress.running += 1
          return .some(item)
        }
        if state.isFinished { return .some(nil) }
        state.idle.append(continuation)
        return nil
      }
      if case .some(let item) = answer { continuation.resume(returning: item) }
    }
  }

  /// Works until nothing is left.
  func work() async {
    while let item = await next() { complete(item.number, await run(item)) }
  }

  private func run(_ item: Item) async -> Result<Value, any Error> {
    let isCancelled = state.withLock { state in
      guard Task.isCancelled || state.pending[item.number] == true else { return false }
      state.pending[item.number] = nil
      return true
    }
    if isCancelled { return .failure(CancellationError()) }
    let task = Task { try await item.work() }
    let wasCancelled = state.withLock { state in
      state.running[item.number] = task
      return state.pending.removeValue(forKey: item.number) == true
    }
    if wasCancelled { task.cancel() }
    return await withTaskCancellationHandler {
      await task.result
    } onCancel: {
      task.cancel()
    }
  }

  private func complete(_ number: Int, _ result: Result<Value, any Error>) {
    told.yield(Completion(number: number, result: result))
    let isDone = state.withLock { state in
      state.running[number] = nil
      state.progress.running -= 1
      state.progress.completed += 1
      if case .failure = result { state.progress.failed += 1 }
      return state.isFinished && state.progress.completed == state.progress.submitted
    }
    if isDone { told.finish() }
  }
}

/// Does work by priority, at most so much at once, for as long as `body` runs and until all that it has submitted is done.
///
/// ```swift
/// let answers = try await withPriorityQueue(concurrency: 8) { queue in
///   for question in questions { queue.submit(priority: question.isUrgent ? 1 : 5) { try await ask(question) } }
///   return await queue.inOrder()
/// }
/// ```
///
/// Nothing outlives it: when `body` throws or the task is cancelled, what waits is never begun, what runs is cancelled, and both are awaited.
///
/// - Parameter concurrency: how much runs at once; at least 1. The limiter's own limits come on top, inside of the work.
/// - Throws: what `body` throws. What work throws is in its completion.
public func withPriorityQueue<Value: Sendable, Outcome: Sendable>(
  of type: Value.Type = Value.self, concurrency: Int,
  _ body: @Sendable (PriorityQueue<Value>) async throws -> Outcome
) async throws -> Outcome {
  let queue = PriorityQueue<Value>()
  return try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<max(concurrency, 1) { group.addTask { await queue.work() } }
    let outcome: Result<Outcome, any Error>
    do { outcome = .success(try await body(queue)) } catch {
      outcome = .failure(error)
      group.cancelAll()
    }
    queue.finish()
    try await group.waitForAll()
    return try outcome.get()
  }
}
