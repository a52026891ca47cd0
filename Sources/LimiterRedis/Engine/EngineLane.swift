internal import LimiterCore
internal import NIOCore

/// A lane's machine, and the timer of its next tick.
final class EngineLane {
  var machine: LaneMachine
  var timer: (at: Int64, timer: Scheduled<Void>)?

  init(_ machine: LaneMachine) {
    self.machine = machine
  }

  func cancelTimer() {
    timer?.timer.cancel()
    timer = nil
  }
}

/// Who asked for a permit.
struct AcquireCall {
  let lane: EngineLane
  let completed: (Result<WaiterOutcome, any Error>) -> Void
}
