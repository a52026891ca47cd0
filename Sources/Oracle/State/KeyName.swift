/// What a key of the limiter is for: `lim:{<domain>}:<rest>`.
enum KeyName: Equatable {
  case window(String)
  case windowSum(String)
  case budget(limit: String, period: String)
  case held(limit: String, period: String)
  case slots(String)
  case epoch
  /// Sessions, permits, waiters, statistics: nothing is judged by them.
  case unjudged

  private static let beginning = Array("lim:{".utf8)

  static func parse(_ key: [UInt8]) -> (domain: String, name: KeyName)? {
    guard key.starts(with: beginning), let close = key.firstIndex(of: UInt8(ascii: "}")),
      key.indices.contains(close + 1), key[close + 1] == UInt8(ascii: ":")
    else { return nil }
    let domain = String(decoding: key[beginning.count..<close], as: UTF8.self)
    return (domain, name(String(decoding: key[(close + 2)...], as: UTF8.self)))
  }

  private static func name(_ rest: String) -> KeyName {
    if rest == "epoch" { return .epoch }
    if let limit = rest.dropping("slots:") { return .slots(limit) }
    if let limit = rest.dropping("window:") {
      return limit.hasSuffix(":sum") ? .windowSum(String(limit.dropLast(4))) : .window(limit)
    }
    guard var name = rest.dropping("budget:") else { return .unjudged }
    let isHeld = name.hasSuffix(":held")
    if isHeld { name = String(name.dropLast(5)) }
    guard let colon = name.lastIndex(of: ":") else { return .unjudged }
    let limit = String(name[..<colon])
    let period = String(name[name.index(after: colon)...])
    return isHeld ? .held(limit: limit, period: period) : .budget(limit: limit, period: period)
  }
}

extension String {
  fileprivate func dropping(_ beginning: String) -> String? {
    hasPrefix(beginning) ? String(dropFirst(beginning.count)) : nil
  }
}
