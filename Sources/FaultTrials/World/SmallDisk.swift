import Foundation
import PrivateRedis

/// A file system of a few megabytes in memory, which only root can mount.
package enum SmallDisk {
  package static var isPossible: Bool { geteuid() == 0 }

  static func mount(at path: String, megabytes: Int) async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let mount = try ChildProcess(
      executable: "/usr/bin/env",
      arguments: ["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=700", "trial", path])
    guard await mount.end() == .exit(0) else { throw TrialError("could not mount a file system at \(path)") }
  }

  static func unmount(_ path: String) async {
    _ = await (try? ChildProcess(executable: "/usr/bin/env", arguments: ["umount", "-l", path]))?.end()
  }
}
