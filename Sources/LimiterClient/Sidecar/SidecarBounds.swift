/// Every bound of the client of limiterd, by name.
public enum SidecarBounds {
  /// Calls of one client without an answer; a little less than limiterd accepts, for settlements.
  public static let calls = 32_000
  /// Settlements of one client that limiterd has not confirmed, as many as limiterd has of Redis.
  static let settlements = 100_000
  /// Bytes of the readable part of a session's name.
  static let name = 64
  /// The grace of a session over a Unix socket, and over others.
  static let localGrace: Duration = .seconds(1)
  static let remoteGrace: Duration = .seconds(10)
  /// How long limiterd may say nothing before it is asked whether it lives; after twice the time the connection is closed.
  static let silence: Duration = .seconds(10)
  /// After how long a settlement is sent again that was not confirmed.
  static let settleAgain: Duration = .seconds(1)
  /// After how long what Redis has refused is sent again, where nobody hears of it.
  package static let refusedPause: Duration = .seconds(5)
  /// How long an ending client waits for answers, and then for its goodbye's.
  static let ending: Duration = .seconds(1)
  /// Permits of one ADOPT.
  static let adopted = 64
  /// Held permits from which on those that have ended are looked for.
  static let heldPermits = 1_024
}
