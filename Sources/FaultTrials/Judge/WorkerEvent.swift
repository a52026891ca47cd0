import Foundation

/// One line of a worker, see ``WorkerLogWriter``.
struct WorkerEvent: Sendable {
  enum What: Sendable {
    case granted(permit: String, serverTime: Int64, tokens: Int64, nanodollars: Int64, run: String, tenant: String?)
    case settling(permit: String, nanodollars: Int64, tokens: Int64)
    case settled(permit: String, outcome: String)
    case denied(String)
    case failed(String)
    case done
  }

  /// The host's monotonic clock, in microseconds.
  var at: Int64
  var what: What

  static func read(_ path: String) -> [WorkerEvent] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    var events: [WorkerEvent] = []
    var start = data.startIndex
    while let end = data[start...].firstIndex(of: 10) {
      if let event = WorkerEvent(data[start..<end]) { events.append(event) }
      start = end + 1
    }
    return events
  }

  init?(_ line: Data) {
    let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
    guard words.count >= 2, let at = Int64(words[1]) else { return nil }
    self.at = at
    switch (words[0], words.count) {
    case ("g", 8):
      what = .granted(
        permit: words[2], serverTime: Int64(words[3]) ?? 0, tokens: Int64(words[4]) ?? 0,
        nanodollars: Int64(words[5]) ?? 0, run: words[6], tenant: words[7] == "-" ? nil : words[7])
    case ("b", 5): what = .settling(permit: words[2], nanodollars: Int64(words[3]) ?? 0, tokens: Int64(words[4]) ?? 0)
    case ("s", 4): what = .settled(permit: words[2], outcome: words[3])
    case ("d", 3): what = .denied(words[2])
    case ("e", 4): what = .failed("\(words[2]) \(words[3])")
    case ("z", 2): what = .done
    default: return nil
    }
  }
}
