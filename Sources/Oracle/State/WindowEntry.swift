/// One member of a window's log: `<op>:<signed amount>` or `<op>+<stamp>:<signed amount>`, at a stamp in microseconds.
struct WindowEntry: Equatable {
  /// Why an entry is there. Only admissions are judged; the others just count.
  enum Kind {
    case admission
    /// More was used than was reserved.
    case excess
    /// An operator's correction.
    case adjustment
    /// What others have used of a provider's window: it may be older than its entry.
    case observation
  }

  var member: [UInt8]
  var stamp: Int64
  var amount: Int64
  var operation: String
  var kind: Kind

  /// - Returns: `nil` if the member has no amount.
  init?(member: [UInt8], stamp: Int64) {
    guard let colon = member.lastIndex(of: UInt8(ascii: ":")), colon > 0,
      let amount = Int64(String(decoding: member[(colon + 1)...], as: UTF8.self))
    else { return nil }
    self.member = member
    self.stamp = stamp
    self.amount = amount
    operation = String(decoding: member[..<colon].prefix { $0 != UInt8(ascii: "+") }, as: UTF8.self)
    let kinds: [(String, Kind)] = [("excess", .excess), ("adjust", .adjustment), ("observed", .observation)]
    kind = kinds.first { [operation] in operation.hasPrefix($0.0) }?.1 ?? .admission
  }
}
