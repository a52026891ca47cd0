// Applying commands to the oracle's own state. Nothing is judged here but the form; what changed is noted.
extension HistoryOracle {
  mutating func apply(
    _ command: Command, domain: String, _ group: Group, _ state: inout DomainState, _ changes: inout GroupChanges
  ) {
    for (index, key) in keys(of: command).enumerated() {
      guard let parsed = KeyName.parse(key), parsed.domain == domain, parsed.name != .unjudged else { continue }
      let isApplied: Bool
      if KnownCommands.removal.contains(command.name) || command.name == "GETDEL" {
        remove(parsed.name, key: key, &state, &changes)
        isApplied = true
      } else if KnownCommands.time.contains(command.name) {
        isApplied = setDeadline(command, key: key, &state)
      } else if KnownCommands.many.contains(command.name) {
        state.deadlines[key] = nil
        isApplied = set(parsed.name, to: command.integer(index * 2 + 1), &state, &changes)
      } else {
        isApplied = apply(command, to: parsed.name, key: key, &state, &changes)
      }
      if !isApplied {
        report.add(
          .form, group.place,
          "\(command.name) of \(String(decoding: key, as: UTF8.self)) with \(command.arguments.count) arguments: cannot be judged"
        )
      }
    }
  }

  private mutating func apply(
    _ command: Command, to name: KeyName, key: [UInt8], _ state: inout DomainState, _ changes: inout GroupChanges
  ) -> Bool {
    switch name {
    case .window(let limit): return applyWindow(command, limit, &state, &changes)
    case .windowSum, .budget, .held:
      guard let value = counterValue(command, old: value(name, state), key: key, &state) else { return false }
      return set(name, to: value, &state, &changes)
    case .slots(let limit): return applySlots(command, limit, &state, &changes)
    case .epoch, .unjudged: return true
    }
  }

  // MARK: Windows

  private mutating func applyWindow(
    _ command: Command, _ limit: String, _ state: inout DomainState, _ changes: inout GroupChanges
  ) -> Bool {
    var log = state.windows.removeValue(forKey: limit) ?? WindowLog()
    var window = changes.windows.removeValue(forKey: limit) ?? GroupChanges.Window()
    defer {
      state.windows[limit] = log
      changes.windows[limit] = window
    }
    switch command.name {
    case "ZADD": return add(command, &log, &window)
    case "ZREM":
      window.note(removed: command.arguments.dropFirst().compactMap { log.remove($0) }, log)
    case "ZREMRANGEBYRANK":
      guard let low = command.integer(1), let high = command.integer(2) else { return false }
      window.note(removed: log.remove(ranks: low, high), log)
    case "ZREMRANGEBYSCORE":
      guard let low = Score.bound(command.text(1), isLow: true), let high = Score.bound(command.text(2), isLow: false)
      else { return false }
      window.note(removed: log.remove(stamps: low, high), log)
    case "ZPOPMIN":
      window.note(removed: log.remove(ranks: 0, (command.integer(1) ?? 1) - 1), log)
    default: return false
    }
    return true
  }

  private func add(_ command: Command, _ log: inout WindowLog, _ window: inout GroupChanges.Window) -> Bool {
    var index = 1
    // What stands in the history was done: the condition of NX was met.
    while let option = command.text(index)?.uppercased(), option == "CH" || option == "NX" { index += 1 }
    guard index < command.arguments.count, (command.arguments.count - index).isMultiple(of: 2) else { return false }
    while index < command.arguments.count {
      guard let stamp = Score.value(command.text(index)),
        let entry = WindowEntry(member: command.arguments[index + 1], stamp: stamp)
      else { return false }
      if window.stampOfOperationBefore[entry.operation] == nil {
        window.stampOfOperationBefore[entry.operation] = log.stamp(ofOperation: entry.operation)
      }
      if let old = log.remove(entry.member) { window.note(removed: [old], log) }
      let before = log.sum(at: stamp)
      log.add(entry)
      window.stamps[stamp, default: GroupChanges.Stamp(before: before)].added.append(entry)
      index += 2
    }
    return true
  }

  mutating func removeWindow(_ limit: String, _ state: inout DomainState, _ changes: inout GroupChanges) {
    guard let log = state.windows.removeValue(forKey: limit) else { return }
    var window = changes.windows.removeValue(forKey: limit) ?? GroupChanges.Window()
    var empty = WindowLog()
    empty.advance(to: log.horizon)
    window.note(removed: log.entries, empty)
    changes.windows[limit] = window
    state.windows[limit] = empty
  }

  // MARK: Counters

  private func counterValue(
    _ command: Command, old: Int64, key: [UInt8], _ state: inout DomainState
  ) -> Int64? {
    switch command.name {
    case "SET":
      guard setsDeadline(command, key: key, &state) else { return nil }
      return command.integer(1)
    case "SETEX", "PSETEX":
      guard let time = command.integer(1) else { return nil }
      state.deadlines[key] = state.nowMicroseconds.map { $0 + time * (command.name == "SETEX" ? 1_000_000 : 1_000) }
      return command.integer(2)
    case "INCRBY": return command.integer(1).map { old &+ $0 }
    case "DECRBY": return command.integer(1).map { old &- $0 }
    case "INCR": return old &+ 1
    case "DECR": return old &- 1
    default: return nil
    }
  }

  private func value(_ name: KeyName, _ state: DomainState) -> Int64 {
    switch name {
    case .windowSum(let limit): state.sums[limit] ?? 0
    case .budget(let limit, let period): state.spent[.init(limit: limit, period: period)] ?? 0
    case .held(let limit, let period): state.held[.init(limit: limit, period: period)] ?? 0
    case .window, .slots, .epoch, .unjudged: 0
    }
  }

  private func set(
    _ name: KeyName, to value: Int64?, _ state: inout DomainState, _ changes: inout GroupChanges
  ) -> Bool {
    guard let value else { return false }
    switch name {
    case .windowSum(let limit):
      state.sums[limit] = value
      changes.sums.insert(limit)
    case .budget(let limit, let period):
      let key = DomainState.BudgetKey(limit: limit, period: period)
      state.spent[key] = value
      changes.budgets.insert(key)
    case .held(let limit, let period):
      let key = DomainState.BudgetKey(limit: limit, period: period)
      if changes.heldBefore[key] == nil { changes.heldBefore[key] = state.held[key] ?? 0 }
      state.held[key] = value
      changes.budgets.insert(key)
    case .window, .slots, .epoch, .unjudged: return false
    }
    return true
  }

  // MARK: Slots

  private func applySlots(
    _ command: Command, _ limit: String, _ state: inout DomainState, _ changes: inout GroupChanges
  ) -> Bool {
    var slots = state.slots.removeValue(forKey: limit) ?? DomainState.Slots()
    if changes.slotsBefore[limit] == nil { changes.slotsBefore[limit] = slots.total }
    changes.slots.insert(limit)
    defer { state.slots[limit] = slots }
    switch command.name {
    case "HSET", "HMSET":
      guard !command.arguments.count.isMultiple(of: 2) else { return false }
      for index in stride(from: 1, to: command.arguments.count, by: 2) {
        guard let field = command.text(index), let value = command.integer(index + 1) else { return false }
        slots.set(field, value)
      }
    case "HINCRBY":
      guard let field = command.text(1), let by = command.integer(2) else { return false }
      slots.set(field, slots.value(field) &+ by)
    case "HDEL":
      for index in command.arguments.indices.dropFirst() { slots.set(command.text(index) ?? "", nil) }
    default: return false
    }
    return true
  }

  // MARK: Removal and deadlines

  private mutating func remove(
    _ name: KeyName, key: [UInt8], _ state: inout DomainState, _ changes: inout GroupChanges
  ) {
    state.deadlines[key] = nil
    switch name {
    case .window(let limit): removeWindow(limit, &state, &changes)
    case .windowSum(let limit):
      state.sums[limit] = nil
      changes.sums.insert(limit)
    case .budget(let limit, let period): state.spent[.init(limit: limit, period: period)] = nil
    case .held(let limit, let period): state.held[.init(limit: limit, period: period)] = nil
    case .slots(let limit): state.slots[limit] = nil
    case .epoch, .unjudged: break
    }
  }

  private func setDeadline(_ command: Command, key: [UInt8], _ state: inout DomainState) -> Bool {
    if command.name == "PERSIST" {
      state.deadlines[key] = nil
      return true
    }
    guard let time = command.integer(1) else { return false }
    let scale: Int64 = command.name.hasPrefix("P") ? 1_000 : 1_000_000
    let isAbsolute = command.name.hasSuffix("AT")
    state.deadlines[key] = isAbsolute ? time &* scale : state.nowMicroseconds.map { $0 &+ time &* scale }
    return true
  }

  /// The options of SET that matter: a deadline, or that it is kept.
  private func setsDeadline(_ command: Command, key: [UInt8], _ state: inout DomainState) -> Bool {
    var index = 2
    var deadline: Int64?
    while let option = command.text(index)?.uppercased() {
      switch option {
      case "KEEPTTL": deadline = state.deadlines[key]
      case "PXAT": deadline = command.integer(index + 1).map { $0 &* 1_000 }
      case "EXAT": deadline = command.integer(index + 1).map { $0 &* 1_000_000 }
      case "PX":
        deadline = command.integer(index + 1).flatMap { time in state.nowMicroseconds.map { $0 &+ time &* 1_000 } }
      case "EX":
        deadline = command.integer(index + 1).flatMap { time in state.nowMicroseconds.map { $0 &+ time &* 1_000_000 } }
      // What stands in the history was done: the condition was met.
      case "GET", "NX", "XX": break
      default: return false
      }
      index += ["KEEPTTL", "GET", "NX", "XX"].contains(option) ? 1 : 2
    }
    state.deadlines[key] = deadline
    return true
  }
}

extension GroupChanges.Window {
  /// To be called when the log has lost them all already: what stood at a stamp is what stands there now, and they.
  fileprivate mutating func note(removed entries: [WindowEntry], _ log: WindowLog) {
    for (stamp, gone) in Dictionary(grouping: entries, by: \.stamp) {
      let before = gone.reduce(log.sum(at: stamp)) { $0 + $1.amount }
      stamps[stamp, default: GroupChanges.Stamp(before: before)].removed.append(contentsOf: gone)
    }
  }
}

extension DomainState.Slots {
  fileprivate func value(_ field: String) -> Int64 { field == "total" ? total : sessions[field] ?? 0 }

  fileprivate mutating func set(_ field: String, _ value: Int64?) {
    if field == "total" { total = value ?? 0 } else { sessions[field] = value }
  }
}
