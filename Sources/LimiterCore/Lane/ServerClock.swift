/// The server's clock as seen from here, behind it by the way of the fastest answer so far: never ahead of it, as long as neither clock is set.
///
/// An answer that was on its way for long tells less, and changes nothing: what the server said at `t`, in answer to what was sent at `s` and heard at
/// `r`, it said at some instant from `s` to `r` here. Only an estimate that is outside of that is wrong, because a clock was set (Cristian's algorithm).
package struct ServerClock: Sendable, Hashable {
  private var offset: Int64 = 0

  /// A clock that knows nothing yet.
  package init() {}

  /// It is known what time it is there.
  package mutating func set(_ server: ServerTime, at local: Int64) {
    offset = server.microseconds - local
  }

  /// The server said its time, in answer to something that was sent at a local instant; the answer was here at another one.
  package mutating func observe(_ server: ServerTime, sentAt: Int64, at local: Int64) {
    let (least, most) = (server.microseconds - local, server.microseconds - sentAt)
    if offset < least || offset > most { offset = least }
  }

  /// The server's time at a local instant, too early by the way of an answer.
  package func estimate(at local: Int64) -> ServerTime {
    ServerTime(microseconds: local + offset)
  }

  /// The local instant of a server's time.
  package func local(_ server: ServerTime) -> Int64 {
    server.microseconds - offset
  }
}
