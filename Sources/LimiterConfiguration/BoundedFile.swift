import Foundation

/// A file that is read whole, up to a bound.
enum BoundedFile {
  /// At most one byte more than a policy may have, so that a larger file is noticed and an endless one ends.
  ///
  /// - Parameter waits: whether it may be a pipe, which makes who opens it wait for a writer.
  static func read(path: String, waits: Bool, problems: inout ProblemList) -> Data? {
    do {
      let handle = try waits ? FileHandle(forReadingFrom: URL(fileURLWithPath: path)) : openRegular(path)
      defer { try? handle.close() }
      return try handle.read(upToCount: ConfigurationBounds.fileBytes + 1) ?? Data()
    } catch is NotRegular {
      problems.add(
        .unreadable, at: nil, expected: "a regular file: from another one a policy is read at the start only",
        found: "a pipe or a device")
      return nil
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

  private static func openRegular(_ path: String) throws -> FileHandle {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw CocoaError(.fileReadUnknown) }
    let type = status.st_mode & S_IFMT
    // A directory cannot be read, and is told as such.
    guard type == S_IFREG || type == S_IFDIR else { throw NotRegular() }
    return handle
  }
}

private struct NotRegular: Error {}
