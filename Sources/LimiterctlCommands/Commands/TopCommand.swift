import ArgumentParser
import Foundation

/// `limiterctl top`.
struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "The limits and who waits, again each second, until Ctrl-C.",
    discussion: "With --json, or when the output is no terminal, each look is printed below the one before.")

  @Option(help: ArgumentHelp("How often it looks, in seconds.", valueName: "seconds"))
  var interval: Double = 1

  @Option(help: ArgumentHelp("End after so many looks.", valueName: "number"))
  var looks: Int?

  @OptionGroup var daemon: DaemonOptions

  func validate() throws {
    guard (0.1...3_600).contains(interval) else {
      throw ValidationError("--interval: expected 0.1 to 3600 seconds, got \(interval)")
    }
    if let looks, looks < 1 { throw ValidationError("--looks: expected 1 or more, got \(looks)") }
  }

  func run() async throws {
    let isLive = !daemon.json && isatty(STDOUT_FILENO) == 1
    try await daemon.withConnection { connection in
      var left = looks ?? .max
      while left > 0 {
        left -= 1
        let (limits, info) = (try await connection.ask(["LIMITS"]), try await connection.ask(["INFO", "permits"]))
        if daemon.json {
          print(try JSONText.make(limits))
        } else {
          let waiting = (info.text ?? "").split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
          // Home, and everything below is cleared.
          if isLive { print("\u{1b}[H\u{1b}[2J", terminator: "") }
          print(waiting.joined(separator: "  "))
          print(LimitsCommand.table(limits))
        }
        fflush(nil)
        if left > 0 { try await Task.sleep(for: .seconds(interval)) }
      }
    }
  }
}
