import Dispatch
import Foundation

/// Ctrl-C and SIGTERM cancel what is under way: all processes are ended before we end.
enum Interruption {
  static let status: Int32 = 130

  /// - Returns: the exit status.
  static func ending(_ body: @escaping @Sendable () async throws -> Int32) async -> Int32 {
    let task = Task { try await body() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { task.cancel() }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    do { return try await task.value } catch is CancellationError { return status } catch {
      try? FileHandle.standardError.write(contentsOf: Data("Error: \(error)\n".utf8))
      return 1
    }
  }
}
