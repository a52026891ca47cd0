extension ReferenceStore {
  struct Cooldown: Sendable, Equatable {
    var ends: Int64 = 0
    var reason = ""
    var opened: Int64 = 0
    var generation: Int64 = 0
    var since: Int64 = 0
    var probes: [Int64] = []
  }

  /// As `cooldown.lua`.
  package mutating func cooldown(of model: String, _ asked: CooldownCall, at time: ServerTime) -> CooldownState {
    let now = stamp(time)
    var known = cooldowns[model] ?? Cooldown()
    known.probes.removeAll { $0 <= now }
    switch asked {
    case .look: break
    case .admit(let probes, let lease): return admit(model, known, probes: probes, lease: lease, at: now)
    case .open(let opening): open(model, &known, opening, at: now)
    case .clear: cooldowns[model] = nil
    case .succeeded(let generation):
      if generation == known.generation, now >= known.ends { cooldowns[model] = nil }
    case .abandoned(let generation):
      // Leases that are over are forgotten then, too, even if the clock is set back later.
      if generation == known.generation, known.generation != 0 {
        known.probes = Array(known.probes.dropFirst())
        cooldowns[model] = known
      }
    }
    return seen(cooldowns[model] ?? Cooldown(), at: now)
  }

  /// All that were left alone, the first to end first.
  package func cooldowns(at time: ServerTime) -> [ModelCooldown] {
    let now = stamp(time)
    return cooldowns.sorted { ($0.value.ends, $0.key) < ($1.value.ends, $1.key) }.map {
      ModelCooldown(model: $0.key, state: seen($0.value, at: now))
    }
  }

  private mutating func admit(
    _ model: String, _ known: Cooldown, probes: Int64, lease: Int64, at now: Int64
  ) -> CooldownState {
    guard known.generation != 0, now >= known.ends else { return seen(known, at: now) }
    if known.reason == CooldownState.endsByItself {
      cooldowns[model] = nil
      return .clear
    }
    if known.probes.count >= probes {
      return state(.cooling, known, left: (known.probes.min() ?? now) - now)
    }
    var taken = known
    taken.probes.append(now + lease)
    cooldowns[model] = taken
    return state(.probe, known, left: 0)
  }

  private mutating func open(
    _ model: String, _ known: inout Cooldown, _ opening: CooldownCall.Opening, at now: Int64
  ) {
    if let began = opening.generation, began != known.generation { return }
    let time = opening.time ?? min(opening.base << min(known.opened, 20), opening.longest)
    guard now + time > known.ends else { return }
    if now >= known.ends {
      known.opened += 1
      known.since = now
    }
    (known.ends, known.reason, known.generation, known.probes) = (now + time, opening.reason, now, [])
    last = now
    cooldowns[model] = known
  }

  private func seen(_ known: Cooldown, at now: Int64) -> CooldownState {
    now < known.ends ? state(.cooling, known, left: known.ends - now) : state(.clear, known, left: 0)
  }

  private func state(_ admission: CooldownState.Admission, _ known: Cooldown, left: Int64) -> CooldownState {
    CooldownState(
      admission: admission, generation: known.generation, left: left, reason: known.reason, opened: known.opened,
      since: ServerTime(microseconds: known.since))
  }
}
