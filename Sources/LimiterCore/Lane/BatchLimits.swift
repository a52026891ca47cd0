/// The limits of a batch, each once, in the order in which they come.
///
/// Calls of a model mostly need the same limits in the same order: so the place of the last call's is looked at first.
struct BatchLimits {
  private(set) var all: [EffectiveLimit] = []
  private var known: [EffectiveLimit: Int] = [:]
  private var last: [Int] = []

  /// Where the limits of these needs stand; those that are new are put at the end.
  mutating func positions(of needs: [LimitNeed]) -> [AcquireBatch.Need] {
    var positions: [AcquireBatch.Need] = []
    positions.reserveCapacity(needs.count)
    for (place, need) in needs.enumerated() {
      let position = position(of: need.limit, at: place)
      positions.append(AcquireBatch.Need(limit: position, amount: need.amount))
      if place < last.count { last[place] = position } else { last.append(position) }
    }
    return positions
  }

  private mutating func position(of limit: EffectiveLimit, at place: Int) -> Int {
    if place < last.count, all[last[place]] == limit { return last[place] }
    if let position = known[limit] { return position }
    all.append(limit)
    known[limit] = all.count - 1
    return all.count - 1
  }
}
