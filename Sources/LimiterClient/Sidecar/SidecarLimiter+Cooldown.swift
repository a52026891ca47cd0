internal import Hiredis
package import LimiterCore

extension SidecarLimiter {
  package func cooldown(of model: String, _ asked: CooldownCall) async throws -> CooldownState {
    let reply = try await query(WorkerWords.cooldown(model, asked), asked.isTurn ? .once : .query)
    return try WorkerReply(reply, "an answer to COOLDOWN").cooldown()
  }

  package func cooldowns() async throws -> [ModelCooldown] {
    guard let listed = try await query(["COOLDOWNS"]).array else {
      throw WorkerReply.unreadable("an answer to COOLDOWNS")
    }
    return try listed.map { reply in
      let reply = try WorkerReply(reply, "an answer to COOLDOWNS")
      return ModelCooldown(model: try reply.text("model"), state: try reply.cooldown())
    }
  }
}

extension WorkerReply {
  fileprivate func cooldown() throws -> CooldownState {
    let admission: CooldownState.Admission
    switch try text("admission") {
    case "clear": admission = .clear
    case "probe": admission = .probe
    case "cooling": admission = .cooling
    default: throw Self.unreadable("an admission that is clear, probe or cooling")
    }
    return CooldownState(
      admission: admission, generation: try number("generation"), left: try number("left_us"),
      reason: try text("reason"), opened: try number("opened"),
      since: ServerTime(microseconds: try number("since_us")))
  }
}

extension WorkerWords {
  fileprivate static func cooldown(_ model: String, _ asked: CooldownCall) -> [CommandArgument] {
    let words: [CommandArgument] = ["COOLDOWN", CommandArgument(model)]
    switch asked {
    case .look: return words
    case .admit(let probes, let lease):
      return words + ["ADMIT", "PROBES", CommandArgument(probes), "LEASE", CommandArgument(upToMilliseconds(lease))]
    case .open(let opening):
      var words = words + ["OPEN", CommandArgument(opening.reason)]
      if let time = opening.time { words += ["FOR", CommandArgument(upToMilliseconds(time))] }
      words += [
        "BASE", CommandArgument(upToMilliseconds(opening.base)), "LONGEST",
        CommandArgument(upToMilliseconds(opening.longest)),
      ]
      if let generation = opening.generation { words += ["GENERATION", CommandArgument(generation)] }
      return words
    case .succeeded(let generation): return words + ["SUCCEEDED", CommandArgument(generation)]
    case .abandoned(let generation): return words + ["ABANDONED", CommandArgument(generation)]
    case .clear: return words + ["CLEAR"]
    }
  }

  /// Rounded up: nobody comes back too early.
  private static func upToMilliseconds(_ microseconds: Int64) -> Int64 { (microseconds + 999) / 1_000 }
}
