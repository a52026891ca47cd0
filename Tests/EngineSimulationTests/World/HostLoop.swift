import Dispatch
import NIOCore

/// An event loop in virtual time: one process' part of the timeline.
final class HostLoop: EventLoop, @unchecked Sendable {
  /// The loop's clock at the beginning of time, in nanoseconds.
  private static let origin: UInt64 = 1_000_000_000_000

  private let timeline: Timeline
  private let process: Timeline.Process

  init(_ timeline: Timeline, _ process: Timeline.Process) {
    self.timeline = timeline
    self.process = process
  }

  var inEventLoop: Bool { true }

  var now: NIODeadline { .uptimeNanoseconds(Self.origin + UInt64(timeline.now) * 1_000) }

  /// Microseconds from now until a deadline.
  func time(until deadline: NIODeadline) -> Int64 { ((deadline - now).nanoseconds + 999) / 1_000 }

  func execute(_ task: @escaping @Sendable () -> Void) { timeline.schedule(in: 0, for: process, task) }

  @discardableResult
  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    _scheduleTaskIsolatedUnsafeUnchecked(in: deadline - now, task)
  }

  @discardableResult
  func scheduleTask<T>(in time: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    _scheduleTaskIsolatedUnsafeUnchecked(in: time, task)
  }

  func _scheduleTaskIsolatedUnsafeUnchecked<T>(in time: TimeAmount, _ task: @escaping () throws -> T) -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    let done = promise.assumeIsolated()
    let event = timeline.schedule(
      in: (time.nanoseconds + 999) / 1_000, for: process, dropped: { promise.fail(EventLoopError.cancelled) }
    ) {
      do { done.succeed(try task()) } catch { promise.fail(error) }
    }
    nonisolated(unsafe) let cancelled = event
    return Scheduled(promise: promise, cancellationTask: { cancelled.cancel() })
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    callback(nil)
  }
}
