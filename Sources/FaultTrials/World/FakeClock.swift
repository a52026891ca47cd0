import Foundation

/// libfaketime, which gives one process another clock: `apt-get install libfaketime`.
package enum FakeClock {
  /// The library's path, if it is installed.
  package static var library: String? {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib")) ?? []
    return (folders.map { "/usr/lib/\($0)/faketime/libfaketime.so.1" } + ["/usr/lib/faketime/libfaketime.so.1"]).first {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// What a process needs so that its clock is off by what stands in `file`, such as `+1.5s`; the monotonic one is not touched.
  static func environment(file: String) throws -> [String: String] {
    guard let library else { throw TrialError("libfaketime is not installed: apt-get install libfaketime") }
    return ProcessInfo.processInfo.environment.merging(
      [
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
      ], uniquingKeysWith: { $1 })
  }
}
