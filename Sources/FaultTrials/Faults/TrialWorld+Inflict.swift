import Hiredis

extension TrialWorld {
  /// Does it, and returns when it is over.
  package func inflict(_ fault: Fault) async throws {
    switch fault {
    case .pauseRedis(let time), .leaveAlone(let time): try await pauseRedis(.milliseconds(time))
    case .killRedis(let down): try await killRedis(down: .milliseconds(down))
    case .emptyRedis: try await killRedis(down: .milliseconds(50))
    case .flushAll: try await admin.send("FLUSHALL")
    case .flushScripts(let times): try await repeatedly(times, ["SCRIPT", "FLUSH"])
    case .killClients(let times): try await repeatedly(times, ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
    case .failOver(let lost): try await failOver(lost: .milliseconds(lost))
    case .stepClock(let milliseconds): try stepClock(milliseconds)
    case .fillDisk(let time): try await fillDisk(.milliseconds(time))
    case .answer(let error, let time): try await answer(error, .milliseconds(time))
    case .link(let place, let fault, let time): try await link(place, fault, .milliseconds(time))
    case .killWorkers(let count): try await killWorkers(count)
    case .stopWorker(let time): try await stopWorker(.milliseconds(time))
    case .thunder(let count): try await thunder(count)
    case .killLimiterd: try await killLimiterd()
    case .upgradeLimiterd: try await upgradeLimiterd()
    }
  }
}
