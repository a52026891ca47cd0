internal import LimiterCore

/// What an engine takes from the world besides its event loop: time and chance.
package struct EngineSurroundings {
  /// Microseconds of a local monotonic clock.
  package var now: () -> Int64
  /// A name that nobody else has.
  package var makeID: () -> String

  package init(now: @escaping () -> Int64, makeID: @escaping () -> String) {
    self.now = now
    self.makeID = makeID
  }

  /// A clock that goes on while the host is suspended, and names of 64 random bits.
  package static var real: EngineSurroundings {
    let origin = ContinuousClock.now
    return EngineSurroundings(
      now: { origin.duration(to: .now).microsecondsRoundedUp },
      makeID: {
        let text = String(UInt64.random(in: .min ... .max), radix: 16)
        return "s" + String(repeating: "0", count: 16 - text.count) + text
      })
  }
}
