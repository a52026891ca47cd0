import Foundation
import Simulation

/// Where `limiterd provider` tells what it decides: each line stands in the file before the call has its answer.
struct ProviderLogFile: Sendable {
  private let file: FileHandle

  init(path: String) throws(SimulationError) {
    // A file that is there is somebody's evidence.
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw SimulationError(.environment, "--log: \(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ line: ProviderLogLine) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      try file.write(contentsOf: try encoder.encode(line) + [10])
    } catch {
      // A log with gaps would be worse than none.
      StandardError.write("Error: --log: \(error)\n")
      exit(1)
    }
  }
}
