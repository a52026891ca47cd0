import Foundation
import Oracle
import PrivateRedis

extension TrialWorld {
  /// The verdict. All workers and limiterds have ended.
  ///
  /// - Parameter left: slots that stayed taken after the workers' end, while limiterds lived.
  func judge(_ schedule: TrialSchedule, _ times: Trial.Times, slotsLeft left: Int) async throws -> TrialResult {
    var result = TrialResult(schedule)
    let record = WorkerRecord(allWorkers)
    let counts = workerProxies.reduce(redisProxy.counts) { $0 + $1.counts }
    result.admissions = record.permits.count
    result.denied = record.denied.values.reduce(0, +)
    result.kills = kills
    result.heldAtDeath = record.permits.values.count { $0.killedAt != nil }
    result.lostReplies = counts.lostReplies
    result.doubledRequests = counts.doubled
    for trouble in troubles { result.violate("trouble: \(trouble)") }
    if left > 0 {
      result.leakedSlots = left
      result.violate("I4: \(left) slots are taken after all holders have died", count: left)
    }
    var late: Set<String> = []
    if !needs.isBounded {
      late = try HistoryVerdict(policy: policy, needs: needs, isOnlyWorkers: schedule.isOnlyWorkers).judge(
        redis.directory, record, &result)
    }
    WorkerVerdict(policy: policy, needs: needs, schedule: schedule, late: late).judge(record, &result)
    if let provider { ProviderVerdict(policy: policy).judge(try provider.lines, record, &result) }
    RecoveryVerdict(policy: policy, share: load.recoveredShare).judge(record, times, &result)
    result.failures = record.failed
    result.notes += record.failed.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }
    return result
  }

  /// Copies history and logs of a failed trial.
  ///
  /// - Returns: where they are.
  func keepEvidence(in place: String, _ result: TrialResult) -> String {
    let target = "\(place)/\(result.schedule)-\(result.seed)"
    let files = FileManager.default
    try? files.removeItem(atPath: target)
    try? files.createDirectory(atPath: target, withIntermediateDirectories: true)
    try? files.copyItem(atPath: redis.directory + "/appendonlydir", toPath: target + "/appendonlydir")
    try? files.copyItem(atPath: redis.directory + "/redis.log", toPath: target + "/redis.log")
    for folder in [folder.path, workersFolder.path] {
      for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
      where !name.hasSuffix(".sock") && name != "disk" {
        try? files.copyItem(atPath: "\(folder)/\(name)", toPath: "\(target)/\(name)")
      }
    }
    let words = (result.violations + result.notes).joined(separator: "\n") + "\n"
    try? words.write(toFile: target + "/verdict.txt", atomically: true, encoding: .utf8)
    return target
  }
}
