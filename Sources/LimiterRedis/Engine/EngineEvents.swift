/// What an engine tells its owner, on its event loop.
package struct EngineEvents: Sendable {
  /// A session was opened: its id.
  package var sessionOpened: @Sendable (String) -> Void = { _ in }
  /// A session ended although this process lives: its permits were abandoned.
  package var sessionLost: @Sendable (String) -> Void = { _ in }
  /// Redis gives no answer: what can be decided without it is decided here from now on.
  package var degraded: @Sendable (any Error) -> Void = { _ in }
  /// Redis decides again, and knows what was decided meanwhile.
  package var recovered: @Sendable () -> Void = {}
  /// The state of the domain is another one than before: Redis lost it.
  package var stateLost: @Sendable () -> Void = {}
  /// Redis has lost the last part of its state: of this lane it did not know so many permits, held or settled, and is told them again.
  package var forgotten: @Sendable (_ lane: String, _ permits: Int) -> Void = { _, _ in }
  /// Redis refuses what it is asked for, and will until somebody acts: a right is missing, or a key is in the way. Told each time.
  package var refused: @Sendable (any Error) -> Void = { _ in }
  /// A heartbeat or a settlement got no answer; it is sent again.
  package var trouble: @Sendable (any Error) -> Void = { _ in }
  /// A permit of this process stood in Redis, and nobody held it: it ended as abandoned. Its id.
  package var orphanEnded: @Sendable (String) -> Void = { _ in }

  /// A permit of this process, by its id, is not held any more: it was settled, or its session is over.
  package var holdEnded: @Sendable (String) -> Void = { _ in }

  /// A permit of this process, by its id, was not settled in its time: it ends as abandoned. It is not held any more.
  package var holdExpired: @Sendable (String) -> Void = { _ in }

  package init() {}
}
