import ArgumentParser
import Foundation

/// `limiterctl drain`.
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Ends limiterd gently: nothing new is admitted, holders may settle, then it ends (SIGTERM).")

  @OptionGroup var daemon: DaemonOptions

  func run() async throws {
    let info = try await daemon.ask(["INFO", "server"]).text ?? ""
    let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
    guard let pid = line.flatMap({ Int32($0.dropFirst("process_id:".count)) }), pid > 1 else {
      throw Failure("limiterd at \(daemon.path) does not tell its process: send SIGTERM to it yourself")
    }
    guard kill(pid, SIGTERM) == 0 else {
      throw Failure("process \(pid) cannot be told: \(String(cString: strerror(errno)))")
    }
    try Output.print(
      daemon.json ? try JSONText.text(of: ["draining": true, "process_id": pid]) : "process \(pid) drains")
  }
}
