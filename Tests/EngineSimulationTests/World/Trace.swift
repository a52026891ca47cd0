/// What has happened, as one number: two runs that differ anywhere have other numbers. With texts, for people.
struct Trace {
  enum Kind: UInt64 {
    case arrival, answer, end, told, acquire, settle, session, fault, woken
  }

  private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var events = 0
  /// `nil`: nobody wants to read it.
  var texts: [String]?

  mutating func note(_ now: Int64, _ kind: Kind, _ first: Int64, _ second: Int64, _ text: () -> String) {
    events += 1
    for number in [UInt64(bitPattern: now), kind.rawValue, UInt64(bitPattern: first), UInt64(bitPattern: second)] {
      hash = (hash ^ number) &* 0x100_0000_01b3
      hash ^= hash >> 29
    }
    texts?.append("\(Double(now) / 1_000_000) \(kind) \(first) \(second) \(text())")
  }
}
