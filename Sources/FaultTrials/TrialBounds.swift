/// Every bound and constant of the trials, by name.
package enum TrialBounds {
  /// While state is lost, a window may be admitted so many times over: what was admitted before the loss, and after it.
  package static let lossFactor = 2.0
  /// The share of the throughput before the first fault that must come back.
  package static let recoveredShare = 0.95
  /// How long after a window that may take.
  package static let recovery: Duration = .seconds(5)
  /// Throughput is the mean of so long.
  static let throughputSpan: Duration = .seconds(1)

  /// The grace of a worker's session over a Unix socket, which is the library's default.
  static let grace: Duration = .seconds(1)
  /// How late the end of a killed holder's permit may be, after its session's time.
  static let reapSlack: Duration = .seconds(1)

  /// How long a worker's call waits for limiterd.
  static let patience: Duration = .seconds(8)
  /// How long a worker tries to settle.
  static let settlePatience: Duration = .seconds(40)
  /// How long it may take until a permit that stands in Redis and that nobody holds is found and ended: two looks, and two more where there was trouble
  /// meanwhile (`EngineSettings.orphanPause`, and the time that an answer may take).
  static let orphans: Duration = .seconds(13)
  /// Between two attempts of a worker that was given an error.
  static let workerPause: Duration = .milliseconds(20)
  static let workerReconnect: Duration = .milliseconds(5)
  /// How long workers may take to come to an end.
  static let workerEnd: Duration = .seconds(45)
  static let limiterdEnd: Duration = .seconds(15)
  static let limiterdStart: Duration = .seconds(20)
  /// How long it may take until every worker works.
  static let start: Duration = .seconds(30)
}
