import Foundation

/// What the system says that a process uses.
enum ProcessUse {
  /// Time on processors, user and system, in microseconds; exact to a clock tick (proc_pid_stat(5), fields 14 and 15).
  static func processorMicroseconds(of pid: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 13, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw BenchError(what: "/proc/\(pid)/stat is not readable")
    }
    return (user + system) * 1_000_000 / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  static func residentMegabytes(of pid: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(separator: " ").compactMap({ Double($0) }).first
    else { throw BenchError(what: "/proc/\(pid)/status has no VmRSS") }
    return kilobytes / 1_024
  }
}
