import Foundation

/// This program, to start it again as a worker.
enum Executable {
  static var path: String {
    // Not argv[0]: that may be a name in PATH, or relative to a folder that we have left.
    if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return path }
    return Bundle.main.executablePath ?? CommandLine.arguments.first ?? ""
  }
}
