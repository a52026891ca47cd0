import Foundation

/// Which file stands at a path, or behind the links there, and in which version; editors replace files as well as write into them, and a mounted
/// ConfigMap changes behind two links.
struct FileStamp: Hashable {
  private var seconds: Int
  private var nanoseconds: Int
  private var size: Int
  private var device: UInt64
  private var node: UInt64

  /// `nil` when there is none.
  init?(path: String) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    (seconds, nanoseconds) = (facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec)
    size = Int(facts.st_size)
    (device, node) = (UInt64(facts.st_dev), UInt64(facts.st_ino))
  }
}
