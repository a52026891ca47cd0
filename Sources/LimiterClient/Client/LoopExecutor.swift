internal import NIOCore

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
  private let eventLoop: any EventLoop

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

extension LimiterClient {
  /// Runs tasks on the client's own event loop, so that a decision costs no change of threads: `withTaskExecutorPreference(client.executor) { ... }`,
  /// or `Task(executorPreference: client.executor)`. For code that makes many decisions one after the other.
  ///
  /// What runs there must not block or compute for long: all calls of this client, and its session's heartbeat, wait meanwhile. Tasks stay alive only
  /// as long as the event loop group does.
  public var executor: any TaskExecutor { loopExecutor }
}
