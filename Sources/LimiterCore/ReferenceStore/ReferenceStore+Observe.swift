extension ReferenceStore {
  private static let tenths: Int64 = 3
  private static let steps: Int64 = 10

  /// As `observe.lua`: how much of each window was taken away.
  package mutating func observe(_ observations: [WindowObservation], at time: ServerTime) -> [Int64] {
    let now = stamp(time)
    func even(_ stamp: Int64) -> Int64 { stamp - stamp % 2 + 2 }
    var taken: [Int64] = []
    for observation in observations {
      guard let (allowed, length) = observation.window else { return [] }
      var entries: [(stamp: Int64, amount: Int64)] = []
      let log = windows[observation.limit.id] ?? WindowLog()
      if observation.grantedAt.microseconds <= observed[observation.limit.id] ?? 0 {
        taken.append(0)
        continue
      }
      if let left = observation.left {
        let since = log.live(after: observation.grantedAt.microseconds)
        let missing = min(allowed - observation.usedAfter - since - left, allowed)
        let stay = observation.reset > 0 ? min(observation.reset, length) : length
        if missing > 0 { entries = [(even(now - length + stay), missing)] }
      } else {
        let amount = allowed * Self.tenths / 10
        for step in 0..<Self.steps {
          let part = amount * (step + 1) / Self.steps - amount * step / Self.steps
          if part > 0 { entries.append((even(now + length * step / Self.steps), part)) }
        }
      }
      taken.append(entries.reduce(0) { $0 + $1.amount })
      guard !entries.isEmpty else { continue }
      for entry in entries { windows[observation.limit.id, default: WindowLog()].add(entry.amount, at: entry.stamp) }
      observed[observation.limit.id] = now
      last = now
    }
    return taken
  }
}
