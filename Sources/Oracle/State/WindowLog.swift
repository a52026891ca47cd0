/// The oracle's own sorted set of one window: entries by stamp, then by member, with the sum of the live ones.
///
///     stamps:   s0 s1 s2 | s3 s4 s5 s6        | = horizon (now - W): what stands left of it has left the window
///     dead = 3 ----------^                    live sum = total - sum of the first `dead` stamps
///
/// The horizon only moves forward, so each stamp crosses it once.
struct WindowLog {
  private var stamps: [Int64] = []
  /// Stamps before this index were removed; the array is compacted now and then.
  private var first = 0
  private var dead = 0
  private var deadSum: Int64 = 0
  private var slots: [Int64: [WindowEntry]] = [:]
  private var stampOf: [[UInt8]: Int64] = [:]
  private var stampOfOperation: [String: Int64] = [:]
  private(set) var total: Int64 = 0
  private(set) var horizon = Int64.min

  var count: Int { stampOf.count }
  var liveSum: Int64 { total - deadSum }
  var lastStamp: Int64? { first < stamps.count ? stamps.last : nil }
  var entries: [WindowEntry] { stamps[first...].flatMap { slots[$0] ?? [] } }

  func sum(at stamp: Int64) -> Int64 { (slots[stamp] ?? []).reduce(0) { $0 + $1.amount } }
  /// The sum of what is stamped after an instant; counted again, entry by entry.
  func sum(after instant: Int64) -> Int64 {
    stamps[first...].reversed().prefix { $0 > instant }.reduce(0) { $0 + sum(at: $1) }
  }

  func stamp(of member: [UInt8]) -> Int64? { stampOf[member] }
  /// The stamp at which this operation has an entry now.
  func stamp(ofOperation operation: String) -> Int64? { stampOfOperation[operation] }

  /// Everything stamped at or before `newHorizon` is dead.
  mutating func advance(to newHorizon: Int64) {
    guard newHorizon > horizon else { return }
    horizon = newHorizon
    while dead < stamps.count, stamps[dead] <= horizon {
      deadSum += sum(at: stamps[dead])
      dead += 1
    }
  }

  /// The member must not be in the log.
  mutating func add(_ entry: WindowEntry) {
    precondition(stampOf[entry.member] == nil, "a member stands in the log once")
    if slots[entry.stamp] == nil { insert(entry.stamp) }
    var slot = slots.removeValue(forKey: entry.stamp) ?? []
    let place = slot.firstIndex { entry.member.lexicographicallyPrecedes($0.member) } ?? slot.count
    slot.insert(entry, at: place)
    slots[entry.stamp] = slot
    stampOf[entry.member] = entry.stamp
    stampOfOperation[entry.operation] = entry.stamp
    total += entry.amount
    if entry.stamp <= horizon { deadSum += entry.amount }
  }

  mutating func remove(_ member: [UInt8]) -> WindowEntry? {
    guard let stamp = stampOf.removeValue(forKey: member), var slot = slots.removeValue(forKey: stamp),
      let place = slot.firstIndex(where: { $0.member == member })
    else { return nil }
    let entry = slot.remove(at: place)
    if stampOfOperation[entry.operation] == stamp { stampOfOperation[entry.operation] = nil }
    total -= entry.amount
    if stamp <= horizon { deadSum -= entry.amount }
    if slot.isEmpty { erase(stamp) } else { slots[stamp] = slot }
    return entry
  }

  /// Removes what is stamped from `low` to `high`, both included.
  mutating func remove(stamps low: Int64, _ high: Int64) -> [WindowEntry] {
    var doomed: [[UInt8]] = []
    for stamp in stamps[index(of: low)...] {
      if stamp > high { break }
      doomed.append(contentsOf: (slots[stamp] ?? []).map(\.member))
    }
    return doomed.compactMap { remove($0) }
  }

  /// Ranks as Redis counts them: from 0 at the oldest, negative from the end, both ends included.
  mutating func remove(ranks from: Int64, _ to: Int64) -> [WindowEntry] {
    let size = Int64(count)
    let low = max(0, from < 0 ? from + size : from)
    let high = min(size - 1, to < 0 ? to + size : to)
    guard low <= high else { return [] }
    var doomed: [[UInt8]] = []
    var rank: Int64 = 0
    for stamp in stamps[first...] {
      if rank > high { break }
      for entry in slots[stamp] ?? [] {
        if (low...high).contains(rank) { doomed.append(entry.member) }
        rank += 1
      }
    }
    return doomed.compactMap { remove($0) }
  }

  private func index(of stamp: Int64) -> Int {
    var low = first
    var high = stamps.count
    while low < high {
      let middle = (low + high) / 2
      if stamps[middle] < stamp { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func insert(_ stamp: Int64) {
    let place = index(of: stamp)
    stamps.insert(stamp, at: place)
    if stamp <= horizon { dead += 1 } else { dead = max(dead, first) }
  }

  private mutating func erase(_ stamp: Int64) {
    let place = index(of: stamp)
    if place == first {
      first += 1
      dead = max(dead, first)
    } else {
      stamps.remove(at: place)
      if place < dead { dead -= 1 }
    }
    if first > 1_024, first * 2 > stamps.count {
      stamps.removeFirst(first)
      dead -= first
      first = 0
    }
  }
}
