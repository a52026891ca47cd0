package import LimiterCore

/// What an engine is told once.
package struct EngineSettings: Sendable {
  /// The domain whose limits it decides.
  package var domain: String
  /// How long its session lives without a heartbeat.
  package var sessionTimeToLive: Duration
  /// Who the session is, for people that look into Redis.
  package var who: String
  /// Settlements that wait for Redis, at most.
  package var settlements = 100_000
  /// How long to wait before a permit that nobody asks about is ended again, after Redis refused it, in microseconds.
  package var refusedPause: Int64 = 5_000_000
  /// How long after trouble with Redis permits are looked for that nobody holds, in microseconds.
  package var orphanPause: Int64 = 1_000_000
  /// How long a permit whose adoption was asked for belongs to who asked, in microseconds, when the answer did not come.
  package var adoptionGrace: Int64 = 60_000_000
  /// After so many heartbeats they are looked for in any case.
  package var orphanHeartbeats = 16
  /// How long Redis may leave a call without an answer before this process decides by itself what it can, in microseconds.
  package var slowAfter: Int64 = 250_000
  package var lane = LaneMachine.Settings()

  package init(domain: String, sessionTimeToLive: Duration = .seconds(10), who: String = "") {
    self.domain = domain
    self.sessionTimeToLive = sessionTimeToLive
    self.who = who
  }
}
