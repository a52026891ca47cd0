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

  /// Makes a folder for us alone.
  ///
  /// - Parameter makesParents: also the folders above it; then it may be there already.
  static func create(_ path: String, makesParents: Bool = false) throws(PrivateRedisError) {
    var failure: CInt = 0
    if makesParents {
      let parent = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false).withoutTrailingSlash
      if parent != path, !FileManager.default.fileExists(atPath: parent) { try create(parent, makesParents: true) }
    }
    if unsafe mkdir(path, 0o700) != 0 { failure = errno }
    if failure == EEXIST, makesParents, isFolder(path) { return }
    guard failure == 0 else {
      let advice = makesParents ? "choose another one" : "set TMPDIR to a folder in which you may write"
      throw PrivateRedisError(
        .systemCallFailed, "could not make the folder \(path): \(SystemCall.text(of: failure)); \(advice)")
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
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
