import Foundation

/// Runs blocking code on a thread of its own: the threads of the concurrency pool are few, and none of them may sleep in a system call.
///
/// Not cancelled by the caller's task: `body` must end by itself.
func onOwnThread<Value: Sendable, Failure: Error>(
  _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(returning: Result { () throws(Failure) in try body() })
    }
  }
  return try result.get()
}
