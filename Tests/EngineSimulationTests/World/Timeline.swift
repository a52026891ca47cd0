/// Virtual time, in microseconds, and all that is going to happen, in one order. Nothing here knows a real clock.
final class Timeline {
  /// Something that is to happen, unless it is cancelled.
  final class Event {
    fileprivate let scheduledFor: Int64
    fileprivate let number: UInt64
    /// The process in which it happens: when that is paused, it happens later; when it is dead, never.
    fileprivate let process: Process?
    fileprivate var at: Int64
    fileprivate var action: (() -> Void)?
    fileprivate var dropped: (() -> Void)?

    fileprivate init(
      at: Int64, number: UInt64, process: Process?, action: @escaping () -> Void, dropped: (() -> Void)?
    ) {
      (self.at, scheduledFor, self.number, self.process) = (at, at, number, process)
      (self.action, self.dropped) = (action, dropped)
    }

    func cancel() { (action, dropped) = (nil, nil) }

    fileprivate func drop() {
      dropped?()
      cancel()
    }

    fileprivate func isBefore(_ other: Event) -> Bool {
      if at != other.at { return at < other.at }
      // What a paused process has missed happens in the order in which it was due.
      return scheduledFor != other.scheduledFor ? scheduledFor < other.scheduledFor : number < other.number
    }
  }

  /// Whether a process lives and runs.
  final class Process {
    fileprivate(set) var isDead = false
    fileprivate(set) var pausedUntil: Int64 = 0

    func die() { isDead = true }
    func pause(until end: Int64) { pausedUntil = max(pausedUntil, end) }
  }

  private(set) var now: Int64 = 0
  private(set) var trace = Trace()
  private var heap: [Event] = []
  private var lastNumber: UInt64 = 0

  func note(_ what: Trace.Kind, _ first: Int64 = 0, _ second: Int64 = 0, _ text: @autoclosure () -> String = "") {
    trace.note(now, what, first, second, text)
  }

  func recordTexts() { trace.texts = [] }

  /// - Parameter dropped: is called when it can never happen.
  @discardableResult
  func schedule(
    in time: Int64, for process: Process? = nil, dropped: (() -> Void)? = nil, _ action: @escaping () -> Void
  ) -> Event {
    lastNumber += 1
    let event = Event(
      at: now + max(time, 0), number: lastNumber, process: process, action: action, dropped: dropped)
    push(event)
    return event
  }

  /// Lets everything happen that is due up to an instant.
  func run(until end: Int64) {
    while let first = heap.first, first.at <= end {
      _ = pop()
      guard let action = first.action, first.process?.isDead != true else {
        first.drop()
        continue
      }
      if let pausedUntil = first.process?.pausedUntil, pausedUntil > first.at {
        first.at = pausedUntil
        push(first)
        continue
      }
      now = first.at
      first.cancel()
      action()
    }
    now = max(now, end)
  }

  /// Time ends.
  func finish() {
    for event in heap { event.drop() }
    heap = []
  }

  private func push(_ event: Event) {
    var child = heap.count
    heap.append(event)
    while child > 0 {
      let parent = (child - 1) / 2
      guard event.isBefore(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = event
  }

  private func pop() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(last) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return first
  }
}
