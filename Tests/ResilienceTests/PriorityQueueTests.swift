import Synchronization
import Testing

@testable import Resilience

@Suite struct PriorityQueueTests {
  @Test func thousandsOfThemInOrderAndNeverTooManyAtOnce() async throws {
    let running = Mutex((now: 0, most: 0))
    let results = try await withPriorityQueue(concurrency: 8) { queue in
      for number in 0..<5_000 {
        queue.submit(priority: number % 10 + 1) {
          running.withLock { running in
            running.now += 1
            running.most = max(running.most, running.now)
          }
          await Task.yield()
          running.withLock { $0.now -= 1 }
          return number
        }
      }
      queue.finish()
      return await queue.inOrder()
    }
    #expect(try results.map { try $0.get() } == Array(0..<5_000))
    #expect(running.withLock { $0.most } <= 8)
    #expect(running.withLock { $0.most } > 1)
  }

  @Test func theMostUrgentComeFirstAndOfOnePriorityWhatCameFirst() async throws {
    let order = Mutex<[Int]>([])
    let gate = AsyncStream.makeStream(of: Void.self)
    try await withPriorityQueue(of: Void.self, concurrency: 1) { queue in
      queue.submit(priority: 1) { for await _ in gate.stream {} }
      while queue.progress.running == 0 { await Task.yield() }
      for (number, priority) in [5, 10, 1, 5, 1, -3, 99].enumerated() {
        queue.submit(priority: priority) { order.withLock { $0.append(number) } }
      }
      #expect(queue.progress == .init(submitted: 8, waiting: 7, running: 1, completed: 0, failed: 0))
      gate.continuation.finish()
      queue.finish()
      _ = await queue.inOrder()
      #expect(queue.progress == .init(submitted: 8, waiting: 0, running: 0, completed: 8, failed: 0))
    }
    #expect(order.withLock { $0 } == [2, 4, 5, 0, 3, 1, 6])
  }

  @Test func completionsComeAsTheyAreReadyAndFailuresAreAmongThem() async throws {
    let gate = AsyncStream.makeStream(of: Void.self)
    let numbers = try await withPriorityQueue(of: Int.self, concurrency: 2) { queue in
      queue.submit {
        for await _ in gate.stream {}
        return 0
      }
      queue.submit { throw CallFailure(.transient) }
      var numbers: [Int] = []
      for await completion in queue.completions {
        numbers.append(completion.number)
        if numbers == [1] {
          #expect(throws: CallFailure.self) { try completion.result.get() }
          gate.continuation.finish()
          queue.finish()
        }
      }
      #expect(queue.progress.failed == 1)
      return numbers
    }
    #expect(numbers == [1, 0])
  }

  @Test func oneCanBeCancelledBeforeItBeginsAndWhileItRuns() async throws {
    let began = Mutex(0)
    let results = try await withPriorityQueue(of: Int.self, concurrency: 1) { queue in
      let running = queue.submit {
        began.withLock { $0 += 1 }
        try await Task.sleep(for: .seconds(3_600))
        return 1
      }
      let waiting = queue.submit {
        began.withLock { $0 += 1 }
        return 2
      }
      queue.submit { 3 }
      while began.withLock({ $0 }) == 0 { await Task.yield() }
      queue.cancel(waiting)
      queue.cancel(running)
      queue.finish()
      return await queue.inOrder()
    }
    #expect(throws: CancellationError.self) { try results[0].get() }
    #expect(throws: CancellationError.self) { try results[1].get() }
    #expect(try results[2].get() == 3)
    #expect(began.withLock { $0 } == 1)
  }

  @Test func cancellingWhatIsNotThereYetOrHasCompletedDoesNothingAndKeepsNothing() async throws {
    let results = try await withPriorityQueue(of: Int.self, concurrency: 2) { queue in
      for number in 0..<100 { queue.cancel(number) }
      #expect(queue.kept == 0)
      for number in 0..<100 { queue.submit { number } }
      queue.finish()
      let results = await queue.inOrder()
      for number in 0..<200 { queue.cancel(number) }
      #expect(queue.kept == 0)
      return results
    }
    #expect(try results.map { try $0.get() } == Array(0..<100))
  }

  @Test func aLineThatIsNeverEmptyKeepsNoPlacesOfWhatHasLeft() {
    var line = PriorityQueue<Int>.Line()
    for number in 0..<3 { line.append(.init(number: number, work: { number })) }
    var popped: [Int] = []
    var most = 0
    for number in 3..<10_000 {
      line.append(.init(number: number, work: { number }))
      if let item = line.popFirst() { popped.append(item.number) }
      most = max(most, line.items.count)
    }
    #expect(most <= 6, "three wait")
    while let item = line.popFirst() { popped.append(item.number) }
    #expect(popped == Array(0..<10_000))
    #expect(line.items.isEmpty)
  }

  @Test func whenTheBodyThrowsNothingIsLeft() async {
    let ended = Mutex(0)
    await #expect(throws: CallFailure.self) {
      try await withPriorityQueue(of: Void.self, concurrency: 3) { queue in
        for _ in 0..<100 {
          queue.submit {
            defer { ended.withLock { $0 += 1 } }
            try await Task.sleep(for: .seconds(3_600))
          }
        }
        while queue.progress.running < 3 { await Task.yield() }
        throw CallFailure(.callerError)
      }
    }
    #expect(ended.withLock { $0 } <= 3)
  }

  @Test func cancelledItEndsAndBeginsNothingMore() async {
    let began = Mutex(0)
    let task = Task {
      try await withPriorityQueue(of: Void.self, concurrency: 2) { queue in
        for _ in 0..<100 {
          queue.submit {
            began.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(3_600))
          }
        }
        queue.finish()
        return await queue.inOrder().count
      }
    }
    while began.withLock({ $0 }) < 2 { await Task.yield() }
    task.cancel()
    _ = try? await task.value
    #expect(began.withLock { $0 } == 2)
  }

  /// Also where `finish` was never reached.
  @Test(arguments: [true, false])
  func inACancelledTaskNothingIsMissingInOrder(_ finishes: Bool) async throws {
    let began = Mutex(0)
    let task = Task {
      try await withPriorityQueue(of: Int.self, concurrency: 2) { queue in
        for number in 0..<100 {
          queue.submit {
            began.withLock { $0 += 1 }
            try await Task.sleep(for: .seconds(3_600))
            return number
          }
        }
        if finishes { queue.finish() }
        return await queue.inOrder()
      }
    }
    while began.withLock({ $0 }) < 2 { await Task.yield() }
    task.cancel()
    let results = try await task.value
    #expect(results.count == 100)
    for result in results { #expect(throws: CancellationError.self) { try result.get() } }
  }

  @Test(.timeLimit(.minutes(1)))
  func `who reads in order need not finish, and nothing is begun after it`() async throws {
    let results = try await withPriorityQueue(of: Int.self, concurrency: 2) { queue in
      for number in 0..<10 { queue.submit { number } }
      let results = await queue.inOrder()
      #expect(queue.submit { 10 } == 10)
      #expect(queue.progress == .init(submitted: 11, waiting: 0, running: 0, completed: 11, failed: 1))
      return results
    }
    #expect(try results.map { try $0.get() } == Array(0..<10))
  }

  @Test func aQueueOfNothingEnds() async throws {
    let results = try await withPriorityQueue(of: Int.self, concurrency: 0) { queue in
      queue.finish()
      return await queue.inOrder()
    }
    #expect(results.isEmpty)
    try await withPriorityQueue(of: Int.self, concurrency: 4) { _ in }
    try await withPriorityQueue(of: Int.self, concurrency: 1) { queue in
      queue.finish()
      queue.submit { 1 }
      #expect(queue.progress.failed == 1, "too late")
    }
  }
}
