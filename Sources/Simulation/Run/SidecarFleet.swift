import Foundation
import PrivateRedis

/// The limiterds of a run, as many processes of `limiterd serve` in one folder.
///
///     workers 1, 3, 5 ... ----> limiterd 1 ----.
///     workers 2, 4, 6 ... ----> limiterd 2 -----+---> Redis
final class SidecarFleet: Sendable {
  private struct Sidecar {
    var number: Int
    var process: ChildProcess
    var log: String
  }

  private let folder: GuardedDirectory
  private let sidecars: [Sidecar]

  /// Starts them; workers that ask them wait until they are there.
  ///
  /// - Parameter command: the program and its first arguments, before those of the run.
  init(_ count: Int, command: [String], policy: SimulationPolicy, redis: String) throws(SimulationError) {
    do {
      // They work in it, so that they do not outlive us, however we end.
      folder = try GuardedDirectory(named: "simulation", ending: command.first)
      // Not on the command line: the URL may carry a password, and this folder is ours alone.
      try policy.yaml(redis: redis).write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
      var started: [Sidecar] = []
      for number in 1...count {
        let log = "\(folder.path)/\(number).log"
        do {
          let process = try ChildProcess(
            executable: command.first ?? "",
            arguments: command.dropFirst() + [
              "--config", folder.path + "/policy.yaml", "--socket", Self.socket(number, in: folder),
            ], directory: folder.path, output: log)
          started.append(Sidecar(number: number, process: process, log: log))
        } catch {
          for sidecar in started { sidecar.process.signal(SIGKILL) }
          throw error
        }
      }
      sidecars = started
    } catch {
      throw SimulationError(.environment, "limiterd could not be started: \(SystemText.of(error))")
    }
  }

  /// Whom a worker asks: they take turns.
  func socket(ofWorker number: Int) -> String {
    Self.socket((number - 1) % sidecars.count + 1, in: folder)
  }

  /// Of those that have ended, though nobody has told them to: why.
  var troubles: [String] {
    sidecars.filter { !$0.process.isRunning }.map { sidecar in
      let log = (try? String(contentsOfFile: sidecar.log, encoding: .utf8)) ?? ""
      let end = log.split(separator: "\n").suffix(3).joined(separator: "; ")
      return "limiterd \(sidecar.number) has ended: \(end.isEmpty ? "it said nothing" : end)"
    }
  }

  /// Returns when one of them has ended by itself.
  func waitUntilOneIsGone() async {
    while !Task.isCancelled, sidecars.allSatisfy({ $0.process.isRunning }) {
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Ends them: what is settled is sent, and their sessions are closed. Not cut short by cancellation.
  func end() async {
    await Task.detached { [sidecars] in
      for sidecar in sidecars { sidecar.process.signal(SIGTERM) }
      let patience = Task {
        try? await Task.sleep(for: SimulationBounds.sidecarEnd)
        if !Task.isCancelled { for sidecar in sidecars { sidecar.process.signal(SIGKILL) } }
      }
      for sidecar in sidecars { _ = await sidecar.process.end() }
      patience.cancel()
    }.value
  }

  private static func socket(_ number: Int, in folder: GuardedDirectory) -> String {
    "\(folder.path)/\(number).sock"
  }
}
