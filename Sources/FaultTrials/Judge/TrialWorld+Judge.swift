import Foundation
import Oracle
import PrivateRedis
import Simulation

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

  /// Copies history and logs of a failed trial to where the result says, and tells in it what could not be copied.
  func keepEvidence(in place: String, _ result: TrialResult) -> TrialResult {
    var result = result
    let target = "\(place)/\(result.schedule)-\(result.seed)"
    result.evidence = target
    let files = FileManager.default
    func attempt(_ what: String, _ action: () throws -> Void) {
      do { try action() } catch { result.notes.append("evidence: \(what) could not be kept: \(SystemText.of(error))") }
    }
    attempt("the folder") {
      if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
      try files.createDirectory(atPath: target, withIntermediateDirectories: true)
    }
    var servers = [(redis, target)]
    if let former { servers.append((former, target + "/former")) }
    for (server, folder) in servers {
      if folder != target {
        attempt(folder) { try files.createDirectory(atPath: folder, withIntermediateDirectories: true) }
      }
      for name in ["redis.log"] + (needs.hasFile ? ["appendonlydir"] : []) {
        attempt(name) { try files.copyItem(atPath: "\(server.directory)/\(name)", toPath: "\(folder)/\(name)") }
      }
    }
    for folder in [folder.path, workersFolder.path] {
      var names: [String] = []
      attempt(folder) { names = try files.contentsOfDirectory(atPath: folder) }
      for name in names where !name.hasSuffix(".sock") && name != "disk" {
        attempt(name) { try files.copyItem(atPath: "\(folder)/\(name)", toPath: "\(target)/\(name)") }
      }
    }
    attempt("the verdict") {
      let words = (result.violations + result.notes).joined(separator: "\n") + "\n"
      try words.write(toFile: target + "/verdict.txt", atomically: true, encoding: .utf8)
    }
    return result
  }
}
