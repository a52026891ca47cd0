/// What a task ends with, if it does so within a time: it goes on otherwise. Who is cancelled waits no longer.
func end<Value: Sendable>(of task: Task<Value, Never>, within time: Duration) async -> Value? {
  let (ends, told) = AsyncStream.makeStream(of: Value?.self)
  Task {
    let value = await task.value
    told.yield(value)
  }
  let timer = Task {
    try? await Task.sleep(for: time)
    told.yield(nil)
  }
  defer { timer.cancel() }
  for await end in ends { return end }
  return nil
}

/// What work gives, if it does so within a time: it is cancelled otherwise, and must heed that.
func result<Value: Sendable>(
  within time: Duration, of work: @escaping @Sendable () async -> Value
) async -> Value? {
  await withTaskGroup(of: Value?.self) { group in
    group.addTask { await work() }
    group.addTask {
      try? await Task.sleep(for: time)
      return nil
    }
    defer { group.cancelAll() }
    guard case let value?? = await group.next() else { return nil }
    return value
  }
}
