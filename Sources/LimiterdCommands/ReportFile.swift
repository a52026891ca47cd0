import ArgumentParser
import Foundation
import Simulation

/// The file of `--json`.
enum ReportFile {
  /// What cannot be written is better refused before the run than after it.
  static func check(_ path: String) throws {
    guard !path.isEmpty, !path.hasSuffix("/") else {
      throw ValidationError("--json: expected the path of a file, got \"\(path)\"")
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard !isFolder.boolValue, FileManager.default.isWritableFile(atPath: path) else {
        throw ValidationError(
          "--json: expected a file that can be written, \(path) is \(isFolder.boolValue ? "a folder" : "read-only")")
      }
      return
    }
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw ValidationError("--json: expected a file in a folder that exists, there is no folder \(folder)")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else {
      throw ValidationError("--json: expected a file in a folder that can be written, \(folder) is read-only")
    }
  }

  static func write(_ report: SimulationReport, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try (encoder.encode(report) + Data("\n".utf8)).write(to: URL(filePath: path))
  }
}
