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
    let before = try ProcessUse.processorMicroseconds(of: world.limiterd.pid)
    let start = ContinuousClock.now
    try await Task.sleep(for: .seconds(seconds))
    let used = try ProcessUse.processorMicroseconds(of: world.limiterd.pid) - before
    let elapsed = (ContinuousClock.now - start) / .microseconds(1)
    return Row(
      what: what, residentMegabytes: try ProcessUse.residentMegabytes(of: world.limiterd.pid),
      processor: used / elapsed * 100)
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
