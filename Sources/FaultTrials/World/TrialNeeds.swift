/// What a trial's Redis must be like for its faults.
struct TrialNeeds: Sendable {
  var losesState = false
  /// Limits are decided by shares while Redis is away.
  var goesAlone = false
  /// A bound is kept instead of the limit itself.
  var isBounded: Bool { losesState || goesAlone }
  var hasFile = true
  var hasReplica = false
  var hasOwnClock = false
  var hasSmallDisk = false

  init(_ faults: [Fault]) {
    for fault in faults {
      switch fault {
      case .emptyRedis: (losesState, hasFile) = (true, false)
      case .leaveAlone: goesAlone = true
      case .flushAll: losesState = true
      case .failOver: (losesState, hasReplica) = (true, true)
      case .stepClock: hasOwnClock = true
      case .fillDisk: hasSmallDisk = true
      default: break
      }
    }
  }
}
