import Foundation

/// Which file stands at a path, and in which version; editors replace files as well as write into them.
struct FileStamp: Hashable {
  private var modified: Date
  private var size: UInt64
  private var node: UInt64

  /// `nil` when there is none.
  init?(path: String) {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
    modified = attributes[.modificationDate] as? Date ?? .distantPast
    size = attributes[.size] as? UInt64 ?? 0
    node = attributes[.systemFileNumber] as? UInt64 ?? 0
  }
}
