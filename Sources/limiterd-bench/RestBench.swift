import ArgumentParser
import Foundation
import Hiredis
import NIOCore
import NIOPosix
import PrivateRedis

/// What limiterd takes when nothing happens.
struct RestBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rest",
    abstract: "Memory and processor time of limiterd at rest, alone and with calls that wait.",
    discussion: """
      Three times: after its start; with 1,000 connections of which each waits for a slot; with 10,000 calls more that wait under a TAG on one connection. Starts \
      redis-servers and a limiterd of its own.
      """)

  @Option(help: "Seconds per measurement.")
  var seconds = 15

  @Option(help: "Write the figures to this file, as JSON.")
  var json: String?

  func validate() throws {
    guard (1...3_600).contains(seconds) else { throw ValidationError("--seconds: expected 1 to 3600, got \(seconds)") }
  }

  private struct Row: Codable {
    var what: String
    var residentMegabytes: Double
    /// Of one core, in percent.
    var processor: Double
  }

  func run() async throws {
    let world = try await SidecarWorld.start()
    do {
      var rows = [try await measure("alone", world)]
      let holder = try await Self.connect(world.socket)
      try await Self.send([["ACQUIRE", "one", "HOLD", "3600000"]], over: holder)
      var waiting: [any Channel] = []
      for _ in 0..<1_000 {
        let channel = try await Self.connect(world.socket)
        try await Self.send([["ACQUIRE", "one", "WAIT", "3600000"]], over: channel)
        waiting.append(channel)
      }
      rows.append(try await measure("1,000 connections that wait", world))
      let tagged = try await Self.connect(world.socket)
      let calls: [[CommandArgument]] = (0..<10_000).map {
        ["TAG", CommandArgument(Int64($0)), "ACQUIRE", "one", "WAIT", "3600000"]
      }
      try await Self.send(calls, over: tagged)
      rows.append(try await measure("and 10,000 calls that wait under a TAG", world))
      for channel in waiting + [tagged, holder] { channel.close(promise: nil) }
      await world.stop()
      for row in rows {
        let name = row.what + String(repeating: " ", count: max(0, 42 - row.what.count))
        print(
          name + String(format: "%7.1f MB resident  %5.2f %% of a core", row.residentMegabytes, row.processor))
      }
      if let json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(rows).write(to: URL(filePath: json))
        print("written to \(json)")
      }
    } catch {
      await world.stop()
      throw error
    }
  }

  /// What comes just before does not count.
  private func measure(_ what: String, _ world: SidecarWorld) async throws -> Row {
    try await Task.sleep(for: .seconds(2))
    let before = try Self.ticks(world.limiterd.pid)
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(seconds))
    let ticks = try Self.ticks(world.limiterd.pid) - before
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
    return Row(
      what: what, residentMegabytes: try Self.resident(world.limiterd.pid),
      processor: Double(ticks) / perSecond / elapsed * 100)
  }

  /// User and system time, in clock ticks (proc_pid_stat(5), fields 14 and 15).
  private static func ticks(_ pid: Int32) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 13, let user = Int(fields[11]), let system = Int(fields[12]) else {
      throw BenchError(what: "/proc/\(pid)/stat is not readable")
    }
    return user + system
  }

  private static func resident(_ pid: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(separator: " ").compactMap({ Double($0) }).first
    else { throw BenchError(what: "/proc/\(pid)/status has no VmRSS") }
    return kilobytes / 1_024
  }

  private static func connect(_ socket: String) async throws -> any Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(unixDomainSocketPath: socket).get()
  }

  private static func send(_ commands: [[CommandArgument]], over channel: any Channel) async throws {
    var buffer = ByteBuffer()
    for command in commands { buffer.writeBytes(try CommandEncoder.encode(command)) }
    try await channel.writeAndFlush(buffer)
  }
}
