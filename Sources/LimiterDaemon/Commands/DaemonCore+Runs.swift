import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// RUNS: what runs have spent. It walks over all keys of the Redis.
extension DaemonCore {
  func runs(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    try ArgumentReader(command).end()
    let policy = active.value.policy
    scan({ RunScan($0, policy).usages() }) { result in
      switch result {
      case .failure(let error): target.answer(CommandError.translate(error, asked: .view))
      case .success(let usages):
        target.answer { reply in
          reply.writeRESP(array: usages.count)
          for usage in usages { usage.write(to: &reply) }
        }
      }
    }
  }
}

extension RunUsage {
  fileprivate func write(to reply: inout ReplyBuffer) {
    reply.writeRESP(array: 14)
    for (key, value) in [("run", run), ("limit", rule), ("period", period), ("unit", unit.rawValue)] {
      reply.writeRESP(bulk: key)
      reply.writeRESP(bulk: value)
    }
    for (key, value) in [("spent", spent), ("held", held), ("allowed", allowed)] {
      reply.writeRESP(bulk: key)
      reply.writeRESP(value)
    }
  }
}
