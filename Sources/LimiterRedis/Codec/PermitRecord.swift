import Foundation
package import LimiterCore

/// A permit as its session's hash in Redis tells it: `[granted at, hold until, stamps, name, amount, name, amount ...]`.
package struct PermitRecord: Sendable, Hashable {
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

  /// What it holds of one limit.
  package struct Entry: Sendable, Hashable {
    /// Where it is counted.
    package enum Kind: String, Sendable, Hashable {
      case window, budget, slots
    }

    package var kind: Kind
    package var limit: LimitID
    /// Of a budget; of others empty.
    package var period: String
    package var amount: Int64

    /// - Parameter key: `window:<limit>`, `slots:<limit>` or `budget:<limit>:<period>`.
    fileprivate init?(key: String, amount: Int64) {
      let parts = key.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
      var name = parts[1]
      period = ""
      if kind == .budget {
        guard let colon = name.lastIndex(of: ":") else { return nil }
        period = String(name[name.index(after: colon)...])
        name = name[..<colon]
      }
      self.kind = kind
      limit = LimitID(rawValue: String(name))
      self.amount = amount
    }
  }

  package var grantedAt: ServerTime
  /// When it ends as abandoned unless it is settled or renewed before; a renewal is known to its holder alone.
  package var holdUntil: ServerTime
  package var entries: [Entry] = []

  /// `nil` when it is none.
  package init?(_ bytes: some Sequence<UInt8>) {
    guard let elements = try? JSONDecoder().decode([Element].self, from: Data(bytes)), elements.count >= 3,
      elements.count % 2 == 1, let grantedAt = elements[0].number, let holdUntil = elements[1].number
    else { return nil }
    self.grantedAt = ServerTime(microseconds: grantedAt)
    self.holdUntil = ServerTime(microseconds: holdUntil)
    for index in stride(from: 3, to: elements.count, by: 2) {
      guard case .text(let key) = elements[index], let amount = elements[index + 1].number,
        let entry = Entry(key: key, amount: amount)
      else { return nil }
      entries.append(entry)
    }
  }
}
