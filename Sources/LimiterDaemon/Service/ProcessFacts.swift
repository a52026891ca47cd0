import Foundation

/// What the system knows of this process.
package enum ProcessFacts {
  static let pid = ProcessInfo.processInfo.processIdentifier

  /// Now, in microseconds since 1970.
  static var clockMicroseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000_000) }

  /// Time on processors, user and system.
  static var cpuMicroseconds: Int64 {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return Int64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000
      + Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }

  /// Resident memory; `nil` where the system does not tell it.
  static var residentBytes: Int64? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
    return pages.map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) }
  }

  /// Lets the process have as many open files as the system allows it: each connection is one.
  package static func raiseFileLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
    let most = min(limit.rlim_max, 1 << 20)
    if limit.rlim_cur < most {
      limit.rlim_cur = most
      _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    return Int(clamping: limit.rlim_cur)
  }
}
