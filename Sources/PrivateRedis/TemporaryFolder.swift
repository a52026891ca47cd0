import Foundation

/// Names for directories that nobody else has.
enum TemporaryFolder {
  /// A path that does not exist, short enough for a Unix socket inside it.
  static func uniquePath(
    named name: String, in folder: String? = ProcessInfo.processInfo.environment["TMPDIR"]
  ) -> String {
    let unique = "limiterd-\(name)-\(randomName())"
    let folder = (folder ?? "/tmp").withoutTrailingSlash
    // A socket's path has at most 107 bytes; some TMPDIRs take most of them.
    return folder.hasPrefix("/") && folder.utf8.count + unique.utf8.count < 90
      ? "\(folder)/\(unique)" : "/tmp/\(unique)"
  }

  /// 96 random bits.
  static func randomName() -> String {
    String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt32.random(in: .min ... .max), radix: 36)
  }
}

extension String {
  /// `/tmp` for `/tmp/`; the root stays as it is.
  var withoutTrailingSlash: String {
    var result = self[...]
    while result.count > 1, result.last == "/" { result = result.dropLast() }
    return String(result)
  }
}
