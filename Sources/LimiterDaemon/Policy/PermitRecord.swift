import Foundation
import LimiterClient
import LimiterCore

/// A permit as its session's hash in Redis tells it: `[granted at, hold until, stamps, name, amount, name, amount ...]`.
struct PermitRecord: Hashable {
  private enum Element: Decodable {
    case number(Int64)
    case text(String)
    case other

    /// Times are written as texts, because Lua's numbers would lose digits.
    var number: Int64? {
      switch self {
      case .number(let number): number
      case .text(let text): Int64(text)
      case .other: nil
      }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int64.self) {
        self = .number(number)
      } else if let text = try? container.decode(String.self) {
        self = .text(text)
      } else {
        self = .other
      }
    }
  }

  struct Entry: Hashable {
    var key: String
    var amount: Int64
  }

  var grantedAt: ServerTime
  /// When it ends as abandoned unless it is settled or renewed before; a renewal is known to its holder alone.
  var holdUntil: ServerTime
  var entries: [Entry] = []

  /// `nil` when it is none.
  init?(_ bytes: [UInt8]) {
    guard let elements = try? JSONDecoder().decode([Element].self, from: Data(bytes)), elements.count >= 3,
      elements.count % 2 == 1, let grantedAt = elements[0].number, let holdUntil = elements[1].number
    else { return nil }
    self.grantedAt = ServerTime(microseconds: grantedAt)
    self.holdUntil = ServerTime(microseconds: holdUntil)
    for index in stride(from: 3, to: elements.count, by: 2) {
      guard case .text(let key) = elements[index], let amount = elements[index + 1].number else { return nil }
      entries.append(Entry(key: key, amount: amount))
    }
  }

  /// The permit, as the policy of today settles it; a limit that the policy has no longer stays as reserved.
  func permit(_ id: String, model: String?, policy: ActivePolicy) -> Permit? {
    guard let slash = id.firstIndex(of: "/") else { return nil }
    var needs: [LimitNeed] = []
    for entry in entries {
      guard let need = Self.need(entry, policy) else { return nil }
      needs.append(need)
    }
    let grant = WaiterGrant(
      session: String(id[..<slash]), permit: String(id[id.index(after: slash)...]), grantedAt: grantedAt,
      needs: needs, sentAt: 0, sessionUntil: 0)
    return Permit(
      grant, model: model ?? "", price: model.flatMap { policy.policy.models[$0]?.price },
      validUntil: .now)
  }

  private static func need(_ entry: Entry, _ policy: ActivePolicy) -> LimitNeed? {
    let parts = entry.key.split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    var name = parts[1]
    let allowance: EffectiveLimit.Allowance
    switch parts[0] {
    case "window":
      allowance = .window(amount: 0, length: policy.facts(of: LimitID(rawValue: name))?.length ?? 0)
    case "budget":
      guard let colon = name.lastIndex(of: ":") else { return nil }
      let period = BudgetPeriod(
        name: String(name[name.index(after: colon)...]), start: ServerTime(microseconds: 0), end: nil)
      name = String(name[..<colon])
      allowance = .budget(nanodollars: 0, period: period, keep: 0)
    case "slots": allowance = .concurrency(permits: 0)
    default: return nil
    }
    return policy.need(entry.amount, of: EffectiveLimit(id: LimitID(rawValue: name), allowance: allowance))
  }
}
