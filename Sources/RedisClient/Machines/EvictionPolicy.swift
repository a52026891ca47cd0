import Hiredis

/// Finds `maxmemory-policy` in the two replies that carry it.
enum EvictionPolicy {
  /// In the text of `INFO memory`.
  static func parse(information: [UInt8]) -> String? {
    let key = "maxmemory_policy:"
    let lines = String(decoding: information, as: UTF8.self).split(whereSeparator: \.isNewline)
    return lines.first { $0.hasPrefix(key) }.map { String($0.dropFirst(key.count)) }
  }

  /// In the reply of `CONFIG GET maxmemory-policy`.
  static func parse(configuration reply: Reply) -> String? {
    guard case .array(let pair) = reply, pair.count == 2, case .bulk(let value) = pair[1] else { return nil }
    return String(decoding: value, as: UTF8.self)
  }
}
