internal import DequeModule

/// What a process remembers of one limit: what it has admitted itself, and what all had used when it last heard of it.
struct RememberedLimit: Sendable {
  struct Entry: Sendable, Equatable {
    var stamp: Int64
    var amount: Int64
    /// Admitted by the local share: Redis does not know of it.
    var isLocal: Bool
  }

  /// Parts of a window into which its own admissions are gathered, at the end of each: so memory is bounded, and every unit counts
  /// until it has left.
  static let parts: Int64 = 256

  private(set) var limit: EffectiveLimit
  /// Of a window, oldest first.
  private(set) var entries: Deque<Entry> = []
  private(set) var own: Int64 = 0
  /// Of them, by the local share.
  private var ownLocal: Int64 = 0
  /// Of a budget: what the local share has admitted since it was heard of last.
  private(set) var granted: Int64 = 0
  /// What all had used, and of that what was not its own, at ``heardAt``.
  private(set) var used: Int64 = 0
  private(set) var others: Int64 = 0
  private(set) var heardAt: Int64
  /// What was charged that nobody had asked Redis for, and when this process knew so: answers from before may not count it.
  private var charges: [(at: Int64, amount: Int64)] = []

  init(_ limit: EffectiveLimit, at now: Int64) {
    self.limit = limit
    heardAt = now
  }

  /// It is another limit now, or another period of its budget, in which nobody has used anything as far as is known.
  mutating func become(_ limit: EffectiveLimit, at now: Int64) {
    if limit.keyName == self.limit.keyName { self.limit = limit } else { self = RememberedLimit(limit, at: now) }
  }

  /// Redis has decided: so much of it was used afterwards, and of that `added` was granted here now. Answers to two lanes may overtake each
  /// other: what an older one says was used is over, and what it has granted was among what others had used.
  mutating func heard(_ limit: EffectiveLimit, used: Int64, added: Int64, slots: HeldSlots, at now: Int64) {
    guard now >= heardAt else {
      if case .window = limit.allowance { add(added, isLocal: false, at: now) }
      others = max(others - (limit.isBudget ? 0 : added), 0)
      return
    }
    if limit.isBudget, limit.allowance != self.limit.allowance { (granted, charges) = (0, []) }
    charges.removeAll { $0.at < now }
    let used = used + charges.reduce(0) { $0 + $1.amount }
    self.limit = limit
    self.used = used
    heardAt = now
    switch limit.allowance {
    case .window:
      add(added, isLocal: false, at: now)
      others = max(used - own, 0)
    case .concurrency: others = max(used - slots.all - added, 0)
    case .budget: others = used
    }
  }

  /// Redis has charged this process with something that it had not reserved.
  mutating func charged(_ amount: Int64, of limit: EffectiveLimit, at now: Int64) {
    guard !limit.isConcurrency, limit.isBudget == self.limit.isBudget else { return }
    if limit.isBudget, limit.allowance != self.limit.allowance { return }
    used += amount
    add(amount, isLocal: false, at: now)
    charges.append((now, amount))
  }

  /// An admission, by Redis or by the local share.
  mutating func add(_ amount: Int64, isLocal: Bool, at now: Int64) {
    guard case .window(_, let length) = limit.allowance else {
      if isLocal { granted += amount }
      return
    }
    prune(at: now, length)
    guard amount > 0 else { return }
    own += amount
    if isLocal { ownLocal += amount }
    let part = max(length / Self.parts, 1)
    if let last = entries.last, last.isLocal == isLocal, last.stamp / part == now / part {
      entries[entries.count - 1].amount += amount
      entries[entries.count - 1].stamp = max(last.stamp, now)
    } else {
      entries.append(Entry(stamp: max(now, entries.last?.stamp ?? now), amount: amount, isLocal: isLocal))
    }
  }

  /// Redis has lost its state, and may have another clock: whatever it says now is newer.
  mutating func lostState(at now: Int64) { heardAt = min(heardAt, now) }

  mutating func prune(at now: Int64) {
    if case .window(_, let length) = limit.allowance { prune(at: now, length) }
  }

  private mutating func prune(at now: Int64, _ length: Int64) {
    while let first = entries.first, first.stamp <= now - length {
      own -= first.amount
      if first.isLocal { ownLocal -= first.amount }
      entries.removeFirst()
    }
  }

  /// What Redis was told of is known there.
  mutating func announced(at now: Int64) {
    if granted > 0 {
      used += granted
      charges.append((now, granted))
      granted = 0
    }
    ownLocal = 0
    for index in entries.indices { entries[index].isLocal = false }
  }

  /// How much of it this process may still admit by itself: its part of what was left, less what it has admitted since.
  ///
  /// All processes together admit no more than was left when each heard of it last: what it takes as used is at least what is used of
  /// that still, because the others' part counts until all of it must have left.
  mutating func room(hosts: Int64, slots: HeldSlots, at now: Int64) -> Int64 {
    switch limit.allowance {
    case .window(_, let length):
      prune(at: now, length)
      let theirs = heardAt + length > now ? others : 0
      return max(limit.amount - theirs - (own - ownLocal), 0) / hosts - ownLocal
    case .concurrency:
      return max(limit.amount - others - (slots.all - slots.local), 0) / hosts - slots.local
    case .budget:
      return max(limit.amount - used, 0) / hosts - granted
    }
  }

  /// Whether the local share has admitted something that Redis was not told of.
  var hasLocal: Bool { granted > 0 || entries.contains { $0.isLocal } }

  /// Whether it says no more than a limit of which nothing is known: a window that all has left.
  func isSilent(at now: Int64) -> Bool {
    guard case .window(_, let length) = limit.allowance else { return false }
    return entries.isEmpty && heardAt + length <= now
  }

  /// When so much more of a window will have left, as far as is known.
  func freed(_ need: Int64, at now: Int64) -> Int64 {
    guard case .window(_, let length) = limit.allowance else { return now }
    var left: Int64 = 0
    for entry in entries {
      left += entry.amount
      if left >= need { return max(entry.stamp + length, now) }
    }
    return max(max(entries.last?.stamp ?? now, heardAt) + length, now)
  }
}
