/// The server's clock as seen from here: never ahead of it, as long as neither clock is set.
package struct ServerClock: Sendable, Hashable {
  private var offset: Int64 = 0

  /// A clock that knows nothing yet.
  package init() {}

  /// The server said its time; the answer was here at a local instant.
  package mutating func observe(_ server: ServerTime, at local: Int64) {
    offset = server.microseconds - local
  }

  /// The server's time at a local instant, too early by the way that the last answer took.
  package func estimate(at local: Int64) -> ServerTime {
    ServerTime(microseconds: local + offset)
  }

  /// The local instant of a server's time.
  package func local(_ server: ServerTime) -> Int64 {
    server.microseconds - offset
  }
}
