/// Replays what a limiter wrote and judges it, group by group. It shares no code with the limiter: its windows, counters
/// and clock are its own, and all that it knows of the limiter is the form of its keys.
///
/// For each group (one script call): find the group's time, apply its commands to the oracle's own state while noting what
/// changed, then judge what changed. Time is `epoch.last_us`, which the deciding script writes, held against the
/// server's own annotations.
package struct HistoryOracle {
  package let limits: OracleLimits
  package let options: OracleOptions
  var report = OracleReport()
  var domains: [String: DomainState] = [:]
  private var unjudged: Set<String> = []

  package init(limits: OracleLimits, options: OracleOptions = OracleOptions()) {
    self.limits = limits
    self.options = options
  }

  /// Reads a whole history and judges it. Memory: what is alive in the windows, and one group; never the file.
  ///
  /// - Parameter path: a data folder, an `appendonlydir`, or one append-only file.
  /// - Throws: ``OracleError`` if the history cannot be read. A cut-off end is no error: the report says where.
  package static func check(
    _ path: String, limits: OracleLimits, options: OracleOptions = OracleOptions()
  ) throws(OracleError) -> OracleReport {
    var oracle = HistoryOracle(limits: limits, options: options)
    var reader = HistoryReader()
    var last = Place(file: path, offset: 0)
    let cut = try reader.read(path) { group in
      last = group.place
      oracle.replay(group)
    }
    return oracle.finish(at: last, cut: cut)
  }

  mutating func finish(at place: Place, cut: Place?) -> OracleReport {
    judgeRest(at: place)
    report.truncatedAt = cut
    report.unjudged = unjudged.sorted()
    return report
  }

  mutating func replay(_ group: Group) {
    report.groups += 1
    var names: Set<String> = []
    for command in group.commands {
      if ["FLUSHALL", "FLUSHDB"].contains(command.name) {
        // One server, one limiter: all that is alive is lost.
        for name in domains.keys { flush(name, group) }
        continue
      }
      for key in keys(of: command) {
        if let name = KeyName.parse(key)?.domain, isJudged(name) { names.insert(name) }
      }
    }
    for name in names { replay(group, domain: name) }
  }

  /// Limits without an amount are counted, not judged; the report lists them.
  mutating func limit<Value>(_ kind: String, _ name: String, in table: [String: Value]) -> Value? {
    if let value = OracleLimits.find(name, in: table) { return value }
    unjudged.insert("\(kind):\(name)")
    return nil
  }

  private func isJudged(_ domain: String) -> Bool { options.domain.map { $0 == domain } ?? true }

  private mutating func replay(_ group: Group, domain name: String) {
    // Taken out and put back, so that the state's dictionaries are not copied.
    var state = domains.removeValue(forKey: name) ?? DomainState()
    let time = readTime(group, domain: name, &state)
    var changes = GroupChanges(domain: name)
    changes.isExpiry = time == nil && isExpiry(group, state)
    changes.role = GroupRole(group, domain: name)
    for command in group.commands { apply(command, domain: name, group, &state, &changes) }
    judge(changes, group, timeMicroseconds: time, &state)
    domains[name] = state
  }

  private mutating func flush(_ name: String, _ group: Group) {
    var state = domains.removeValue(forKey: name) ?? DomainState()
    var changes = GroupChanges(domain: name)
    for limit in state.windows.keys { removeWindow(limit, &state, &changes) }
    judge(changes, group, timeMicroseconds: nil, &state)
    domains[name] = DomainState(nowMicroseconds: state.nowMicroseconds)
  }

  /// - Returns: the group's own time; `nil` if it does not say one.
  private mutating func readTime(_ group: Group, domain: String, _ state: inout DomainState) -> Int64? {
    var time: Int64?
    for command in group.commands where ["HSET", "HMSET"].contains(command.name) {
      guard let key = command.arguments.first, let parsed = KeyName.parse(key), parsed == (domain, .epoch) else {
        continue
      }
      for field in stride(from: 1, to: command.arguments.count - 1, by: 2) where command.text(field) == "last_us" {
        time = command.integer(field + 1)
        if time == nil {
          report.add(.form, group.place, "epoch.last_us is no integer: \(command.text(field + 1) ?? "")")
        }
      }
    }
    guard let time else { return nil }
    report.checked += 1
    if let now = state.nowMicroseconds, time < now {
      report.add(.window, group.place, "the limiter's clock went back by \(now - time) us")
    }
    if options.checksServerClock, let second = group.second {
      let latest = (second + 1) * 1_000_000 + OracleBounds.clockSlackMicroseconds
      if time > latest {
        report.add(
          .window, group.place,
          "the limiter's clock is \(time - latest) us before the server's: entries leave too early")
      }
    }
    state.nowMicroseconds = max(time, state.nowMicroseconds ?? time)
    return time
  }

  /// A group that does nothing but remove keys whose deadlines have come is the server's own doing.
  private func isExpiry(_ group: Group, _ state: DomainState) -> Bool {
    group.commands.allSatisfy { command in
      KnownCommands.removal.contains(command.name)
        && command.arguments.allSatisfy { key in
          guard let deadline = state.deadlines[key] else { return false }
          // The annotation is in whole seconds: the instant was before the end of its second.
          return group.latestMicroseconds.map { deadline <= $0 } ?? true
        }
    }
  }

  func keys(of command: Command) -> [[UInt8]] {
    switch command.name {
    case "DEL", "UNLINK": command.arguments
    case "MSET", "MSETNX": stride(from: 0, to: command.arguments.count, by: 2).map { command.arguments[$0] }
    case let name where KnownCommands.all.contains(name): Array(command.arguments.prefix(1))
    // Not known: any argument may be a key, and none may be one of ours.
    default: command.arguments
    }
  }
}
