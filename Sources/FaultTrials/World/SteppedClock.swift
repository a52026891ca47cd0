import Foundation

/// The wall clock of a redis-server, which can be stepped while it runs. Its monotonic clock is not touched.
final class SteppedClock: Sendable {
  private let file: String

  /// The library that is preloaded; it lies beside the programs of a trial.
  static func library(beside program: String) -> String {
    URL(filePath: program).deletingLastPathComponent().appending(path: "libTrialClock.so").path(percentEncoded: false)
  }

  init(file: String) throws {
    self.file = file
    try step(to: .zero)
  }

  /// What the server's process needs.
  func environment(programs: TrialPrograms) throws -> [String: String] {
    let library = Self.library(beside: programs.limiterd)
    guard FileManager.default.fileExists(atPath: library) else {
      throw TrialError("expected \(library): `swift build --product TrialClock`")
    }
    return ProcessInfo.processInfo.environment.merging(
      ["LD_PRELOAD": library, "TRIAL_CLOCK_FILE": file], uniquingKeysWith: { $1 })
  }

  /// From now on the clock is off by so much. In place: the server has the file in its memory.
  func step(to offset: Duration) throws {
    let bytes = withUnsafeBytes(of: Int64(offset / .microseconds(1))) { Data($0) }
    if let handle = FileHandle(forWritingAtPath: file) {
      try handle.write(contentsOf: bytes)
      try handle.close()
    } else {
      try bytes.write(to: URL(filePath: file))
    }
  }
}
