import Foundation

/// Finds the files of an append-only history, in order.
enum AppendOnlyFiles {
  /// - Parameter path: a single append-only file, an `appendonlydir`, or a server's data folder that has one.
  static func list(_ path: String) throws(OracleError) -> [String] {
    guard let isFolder = isFolder(path) else {
      throw OracleError(.unreadable, "\(path): expected an append-only file or its folder, found nothing there")
    }
    guard isFolder else { return [path] }
    let names = try contents(path)
    if let manifest = names.first(where: { $0.hasSuffix(".manifest") }) {
      return try parts(manifest: path + "/" + manifest).map { path + "/" + $0 }
    }
    if names.contains("appendonlydir") { return try list(path + "/appendonlydir") }
    let plain = names.filter { $0.hasSuffix(".aof") }.sorted(by: bySequence)
    guard !plain.isEmpty else {
      throw OracleError(.unreadable, "\(path): expected appendonlydir or *.aof in it; is `appendonly yes` set?")
    }
    return plain.map { path + "/" + $0 }
  }

  /// The manifest's lines are `file NAME seq N type b|i|h`: base, increments, and history that is about to be deleted.
  private static func parts(manifest: String) throws(OracleError) -> [String] {
    let text: String
    do { text = try String(contentsOfFile: manifest, encoding: .utf8) } catch {
      throw OracleError(.unreadable, "\(manifest): \(error)")
    }
    var base: [String] = []
    var increments: [(sequence: Int, name: String)] = []
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      guard words.count >= 6, words[0] == "file", words[2] == "seq", words[4] == "type", let sequence = Int(words[3])
      else { throw OracleError(.malformed, "\(manifest): expected `file NAME seq N type T`, came \"\(line)\"") }
      switch words[5] {
      case "b": base.append(String(words[1]))
      case "i": increments.append((sequence, String(words[1])))
      default: break
      }
    }
    return base + increments.sorted { $0.sequence < $1.sequence }.map(\.name)
  }

  /// `appendonly.aof.10.incr.aof` comes after `appendonly.aof.9.incr.aof`.
  private static func bySequence(_ one: String, _ two: String) -> Bool {
    one.compare(two, options: .numeric) == .orderedAscending
  }

  private static func isFolder(_ path: String) -> Bool? {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
  }

  private static func contents(_ path: String) throws(OracleError) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: path) } catch {
      throw OracleError(.unreadable, "\(path): \(error)")
    }
  }
}
