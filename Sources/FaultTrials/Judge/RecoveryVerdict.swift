/// Whether work is as fast as before, soon after the last fault.
struct RecoveryVerdict {
  let policy: TrialPolicy
  let share: Double

  func judge(_ record: WorkerRecord, _ times: Trial.Times, _ result: inout TrialResult) {
    let grants = record.steadyGrants
    let span = Int64(TrialBounds.throughputSpan / .microseconds(1))
    let before = count(grants, from: times.baseline, to: times.firstFault)
    let perSecond = Double(before) * 1_000_000 / Double(max(times.firstFault - times.baseline, 1))
    result.perSecond = perSecond
    result.checked += 1
    guard before > 0 else { return result.violate("recovery: nothing was granted before the first fault") }
    let enough = perSecond * TrialBounds.throughputSpan.seconds * share
    var from = times.lastFault
    while from + span <= times.end {
      if Double(count(grants, from: from, to: from + span)) >= enough {
        let recovery = from - times.lastFault
        result.recovery = Double(recovery) / 1_000_000
        if recovery > policy.windowMicroseconds + Int64(TrialBounds.recovery / .microseconds(1)) {
          result.violate("recovery: \(Double(recovery) / 1_000_000) s after the last fault")
        }
        return
      }
      from += 50_000
    }
    let last = count(grants, from: times.end - span, to: times.end)
    result.violate(
      "recovery: \(Int(perSecond)) calls a second before the first fault, at most \(Int(enough)) never came again within "
        + "\(Double(times.end - times.lastFault) / 1_000_000) s after the last one; \(last) in the last second")
  }

  /// In [from, to).
  private func count(_ sorted: [Int64], from: Int64, to: Int64) -> Int { index(sorted, to) - index(sorted, from) }

  private func index(_ sorted: [Int64], _ value: Int64) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
