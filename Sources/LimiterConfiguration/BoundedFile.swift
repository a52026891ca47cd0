import Foundation

/// A file that is read whole, up to a bound.
enum BoundedFile {
  /// At most one byte more than a policy may have, so that a larger file is noticed and an endless one ends.
  static func read(path: String, problems: inout ProblemList) -> Data? {
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      return try handle.read(upToCount: ConfigurationBounds.fileBytes + 1) ?? Data()
    } catch {
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      let found =
        isDirectory.boolValue ? "a directory" : exists ? "one that may not be read" : "no file of this name"
      let advice = exists ? nil : "docs/limiterd.example.yaml is one to start from"
      problems.add(.unreadable, at: nil, expected: "a file that can be read", found: found, advice: advice)
      return nil
    }
  }
}
