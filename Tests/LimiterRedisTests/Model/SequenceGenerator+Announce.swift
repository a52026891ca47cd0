@testable import LimiterCore
import TestSupport

/// Processes that tell what they have admitted by themselves, and what they hold.
extension SequenceGenerator {
  /// New, or once more; by one that lives, or not.
  mutating func announce() -> ModelOperation {
    if let last = told.last, random.below(4) == 0 {
      var again = random.pick([last, random.pick(told)])
      if random.below(4) == 0 { again.session = random.pick(sessions) }
      return .announce(again)
    }
    announcement += 1
    var all = Announcement()
    for limit in limits() where random.below(2) == 0 {
      guard case .window(_, let length) = limit.allowance else { continue }
      let entries = (0..<random.below(4)).map { _ in
        // Some have left already, some stand where others do.
        Announcement.Entry(
          stamp: now + 100 - Int64(random.below(Int(length) + 600)), amount: 1 + Int64(random.below(9)))
      }
      all.windows.append(
        Announcement.Window(name: limit.keyName, length: length, entries: entries.sorted { $0.stamp < $1.stamp }))
    }
    all.permits = (0..<random.below(3)).map { number in
      // Granted in this session, or in one that is over.
      let owner = random.below(2) == 0 ? "gone" : random.pick(sessions)
      let needs = limits().filter { _ in random.below(2) == 0 }.map { LimitNeed(limit: $0, amount: 1) }
      return Announcement.Permit(
        id: "\(owner)/m.\(1_000 + announcement).\(number)", grantedAt: ServerTime(microseconds: now | 1),
        holdUntil: ServerTime(microseconds: now + 1_000_000), needs: needs)
    }
    // One that was told before, and may be held there still.
    if let known = told.last?.announcement.permits.first, random.below(2) == 0 { all.permits.append(known) }
    // Budgets that permits need are always there.
    let needed = all.permits.flatMap { $0.needs.map(\.limit) }
    let others = limits().filter { _ in random.below(2) == 0 }
    var names: Set<String> = []
    for limit in needed + others where names.insert(limit.keyName).inserted {
      guard case .budget(_, let period, let keep) = limit.allowance else { continue }
      all.budgets.append(
        Announcement.Budget(
          name: limit.keyName, end: period.end?.microseconds ?? 0, keep: keep, used: Int64(random.below(200))))
    }
    let batch = AnnounceBatch(
      session: random.below(12) == 0 ? "nobody" : random.pick(sessions), number: Int64(announcement),
      isLast: random.below(2) == 0, announcement: all)
    told.append(batch)
    return .announce(batch)
  }

  /// What was told can be settled.
  mutating func note(_ batch: AnnounceBatch) {
    for permit in batch.announcement.permits where !permit.needs.isEmpty {
      guard let granted = PermitPlace(id: permit.id) else { continue }
      let name = AnnounceBatch.name(of: permit.id, in: batch.session)
      let windows = permit.needs.reduce(into: [String: Int64]()) { lengths, need in
        if case .window(_, let length) = need.limit.allowance { lengths[need.limit.keyName] = length }
      }
      permits.append(
        OpenPermit(
          granted: granted, place: PermitPlace(session: batch.session, name: name), grantedAt: permit.grantedAt,
          reserved: permit.needs.map(\.amount), windows: windows))
    }
  }
}
