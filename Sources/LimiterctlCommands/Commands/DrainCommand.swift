import ArgumentParser
import Foundation

/// `limiterctl drain`.
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Ends limiterd gently: nothing new is admitted, holders may settle, then it ends (SIGTERM).")

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    _ = try await daemon.info()
    guard let pid = try await PeerProcess.listening(at: daemon.path) else {
      throw Failure("limiterd at \(daemon.path) runs in another container: send SIGTERM to it there")
    }
    guard kill(pid, SIGTERM) == 0 else {
      throw Failure("process \(pid) cannot be told: \(String(cString: strerror(errno)))")
    }
    try Output.print(
      daemon.json ? try JSONText.text(of: ["draining": true, "process_id": pid]) : "process \(pid) drains")
  }
}
