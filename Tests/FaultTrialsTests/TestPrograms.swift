import Foundation
import TestSupport

@testable import FaultTrials

/// The programs of a trial; they lie beside the tests, wherever those were built.
enum TestPrograms {
  static func find() throws -> TrialPrograms {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folders = (CommandLine.arguments + [own]).map { URL(filePath: $0).deletingLastPathComponent() } as [URL]
    let folder = folders.last {
      FileManager.default.isExecutableFile(atPath: $0.appending(path: "limiterd-prove").path)
    }
    guard let folder else { throw DidNotHappen(description: "limiterd-prove lies beside the tests") }
    return TrialPrograms(
      limiterd: folder.appending(path: "limiterd").path,
      worker: [folder.appending(path: "limiterd-prove").path, "worker"])
  }
}
