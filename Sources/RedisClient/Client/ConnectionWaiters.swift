import NIOCore

/// Who waits for a connection. Lives on the event loop.
struct ConnectionWaiters {
  private struct Waiter {
    let promise: EventLoopPromise<Void>
    let failsFast: Bool
  }

  private var waiters: [UInt64: Waiter] = [:]
  private var nextID: UInt64 = 0

  mutating func add(_ promise: EventLoopPromise<Void>, failsFast: Bool) -> UInt64 {
    nextID += 1
    waiters[nextID] = Waiter(promise: promise, failsFast: failsFast)
    return nextID
  }

  mutating func remove(_ id: UInt64) -> EventLoopPromise<Void>? {
    waiters.removeValue(forKey: id)?.promise
  }

  /// The end of the waiting for all.
  mutating func takeAll() -> [EventLoopPromise<Void>] {
    defer { waiters.removeAll() }
    return waiters.values.map(\.promise)
  }

  /// An attempt has failed: the end for those who wanted one attempt only.
  mutating func takeImpatient() -> [EventLoopPromise<Void>] {
    let impatient = waiters.filter(\.value.failsFast)
    for id in impatient.keys { waiters.removeValue(forKey: id) }
    return impatient.values.map(\.promise)
  }
}
