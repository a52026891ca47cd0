import Foundation

/// What a permit's record in Redis says that it holds: `["granted at", "hold until", stamps, name, amount, name, amount ...]`.
struct HeldRecord {
  var grantedAt: Int64?
  var holds: [(limit: String, amount: String)] = []

  init(_ text: String) {
    guard let parts = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any], parts.count >= 3 else {
      return
    }
    grantedAt = (parts[0] as? String).flatMap { Int64($0) }
    for index in stride(from: 3, to: parts.count - 1, by: 2) {
      guard let name = parts[index] as? String else { continue }
      // `window:<limit>`, `slots:<limit>`, `budget:<limit>:<period>`
      var words = name.split(separator: ":").dropFirst()
      if name.hasPrefix("budget:") { words = words.dropLast() }
      holds.append((words.joined(separator: ":"), "\(parts[index + 1])"))
    }
  }
}
