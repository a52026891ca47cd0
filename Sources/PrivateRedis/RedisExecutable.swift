import Foundation

/// Finds redis-server as a shell would, and where packages put it.
package enum RedisExecutable {
  /// - Parameter configured: taken as it is, if somebody chose one.
  package static func find(
    configured: String? = nil,
    path: String? = ProcessInfo.processInfo.environment["PATH"], usual: [String] = ["/usr/bin", "/usr/local/bin"]
  ) throws(PrivateRedisError) -> String {
    if let configured { return configured }
    let folders = (path ?? "").split(separator: ":").map(String.init) + usual
    for folder in folders {
      let candidate = folder + "/redis-server"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    throw PrivateRedisError(
      .executableMissing,
      "expected redis-server in PATH, \(usual.joined(separator: " or ")); found none. Install it: apt-get install redis-server"
    )
  }
}
