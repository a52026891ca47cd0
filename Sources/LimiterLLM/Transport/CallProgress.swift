import AsyncHTTPClient
import NIOCore
import Synchronization

/// How far a call has come: written where its bytes go and come, read where it ends.
final class CallProgress: Sendable {
  private struct State {
    var isBodyAsked = false
    var hasBegun = false
    /// Since when the provider says nothing; `nil`: it is not its turn.
    var waitsSince: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Whether the provider may have got the request. A connection that is still being made asks for no body.
  var wasSent: Bool { state.withLock { $0.isBodyAsked || $0.hasBegun } }

  /// The body of a request, which notes when it is asked for: the client does so when there is a connection and the head is written.
  func body(_ bytes: [UInt8]) -> HTTPClientRequest.Body {
    let buffer = ByteBuffer(bytes: bytes)
    let once = AsyncStream<ByteBuffer>(unfolding: { self.sends() ? buffer : nil })
    return .stream(once, length: .known(Int64(bytes.count)))
  }

  /// Whether it is the first time.
  private func sends() -> Bool {
    state.withLock { state in
      guard !state.isBodyAsked else { return false }
      state.isBodyAsked = true
      state.waitsSince = .now
      return true
    }
  }

  /// Something of the answer came: silence begins anew.
  func hears() {
    state.withLock { state in
      state.hasBegun = true
      state.waitsSince = .now
    }
  }

  /// Nothing is expected of the provider meanwhile.
  func rests() { state.withLock { $0.waitsSince = nil } }

  /// - Parameter silence: how long the provider may say nothing; `nil`: as long as the time lasts.
  /// - Throws: ``OutOfTime``, ``SaysNothing``, or what `body` throws. Nothing is under way any more then.
  func within<Result: Sendable>(
    _ time: Duration, silence: Duration?, _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: time)
        return nil
      }
      if let silence {
        group.addTask {
          try await self.watch(silence)
          return nil
        }
      }
      defer { group.cancelAll() }
      guard case let result?? = try await group.next() else { throw OutOfTime() }
      return result
    }
  }

  /// Ends with an error only: the provider is waited for and nothing has come for so long, or the task is cancelled.
  private func watch(_ silence: Duration) async throws {
    while true {
      let end = (state.withLock(\.waitsSince) ?? ContinuousClock.now) + silence
      guard end > ContinuousClock.now else { throw SaysNothing() }
      try await Task.sleep(until: end, clock: .continuous)
    }
  }
}

/// The call's time is over.
struct OutOfTime: Error {}

/// Nothing has come for too long.
struct SaysNothing: Error {}
