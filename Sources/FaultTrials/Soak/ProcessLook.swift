import Foundation

/// What the system tells of another process.
enum ProcessLook {
  /// 0 when it has ended.
  static func residentKilobytes(_ pid: Int32) -> Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    return number(after: "VmRSS:", in: status) ?? 0
  }

  static func openFiles(_ pid: Int32) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
  }

  /// The first number behind a word.
  static func number(after word: String, in text: String) -> Int? {
    text.range(of: word).flatMap { Int(text[$0.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }) }
  }
}
