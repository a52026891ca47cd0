import Foundation

/// Reads the files of a history piece by piece and gives its groups to a closure.
struct HistoryReader {
  private var assembler = GroupAssembler()

  /// - Returns: where the end of the last file is cut off, if it is.
  mutating func read(_ path: String, each: (Group) -> Void) throws(OracleError) -> Place? {
    let files = try AppendOnlyFiles.list(path)
    var cut: Place?
    for (index, file) in files.enumerated() {
      cut = try read(file: file, each: each)
      if let cut, index < files.count - 1 {
        throw OracleError(
          .malformed,
          "\(cut): a command is cut off, but \(name(files[index + 1])) follows; only the last file may end so")
      }
    }
    return cut
  }

  private mutating func read(file: String, each: (Group) -> Void) throws(OracleError) -> Place? {
    let shortName = name(file)
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw OracleError(.unreadable, "\(file): expected a readable file")
    }
    defer { try? handle.close() }
    var scanner = CommandScanner(file: shortName)
    // The base of a fresh server is empty, but for an annotation.
    let isBase = shortName.contains(".base.")
    var isFirst = true
    var skipped = 0
    while var piece = try chunk(handle, file) {
      if isFirst {
        isFirst = false
        if piece.starts(with: SnapshotPreamble.magic) {
          skipped = try SnapshotPreamble.skipEmpty(piece, file: shortName)
          piece.removeFirst(skipped)
        }
      }
      scanner.feed(piece)
      while let scanned = try scanner.next() {
        let place = Place(file: shortName, offset: skipped + scanned.offset)
        if isBase, case .command = scanned.item {
          throw OracleError(
            .snapshot,
            "\(place) is a rewritten history with data: what it left out cannot be judged. Set `auto-aof-rewrite-percentage 0`."
          )
        }
        if let group = try assembler.take(scanned.item, at: place) { each(group) }
      }
    }
    let openGroup = assembler.dropOpenGroup()
    if let openGroup { return openGroup }
    return scanner.pending > 0 ? Place(file: shortName, offset: skipped + scanner.offset) : nil
  }

  private func chunk(_ handle: FileHandle, _ file: String) throws(OracleError) -> [UInt8]? {
    do {
      let data = try handle.read(upToCount: OracleBounds.chunk)
      return data.flatMap { $0.isEmpty ? nil : [UInt8]($0) }
    } catch {
      throw OracleError(.unreadable, "\(file): \(error)")
    }
  }

  private func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
