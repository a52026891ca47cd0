internal import Foundation
package import LimiterCore

/// What an engine takes from the world besides its event loop: time and chance.
package struct EngineSurroundings {
  /// Microseconds of a local monotonic clock.
  package var now: () -> Int64
  /// The time of day, for one that has never heard the server's.
  package var wallClock: () -> ServerTime
  /// A name that nobody else has.
  package var makeID: () -> String

  package init(
    now: @escaping () -> Int64, wallClock: @escaping () -> ServerTime, makeID: @escaping () -> String
  ) {
    self.wallClock = wallClock
    self.now = now
    self.makeID = makeID
  }

  /// A clock that goes on while the host is suspended, and names of 64 random bits.
  package static var real: EngineSurroundings {
    let origin = ContinuousClock.now
    return EngineSurroundings(
      now: { origin.duration(to: .now).microsecondsRoundedUp },
      wallClock: {
        ServerTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
      },
      makeID: {
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return "s" + String(repeating: "0", count: 16 - text.count) + text
      })
  }
}
