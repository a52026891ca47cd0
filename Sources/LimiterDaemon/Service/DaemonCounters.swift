/// What has happened since the start.
struct DaemonCounters {
  var connectionsAccepted: Int64 = 0
  var connectionsRefused: Int64 = 0
  var commands: Int64 = 0
  var decisions: Int64 { granted + denied }
  var granted: Int64 = 0
  var denied: Int64 = 0
  var failed: Int64 = 0
  var withdrawn: Int64 = 0
  var settled: Int64 = 0
  var abandoned: Int64 = 0
  var protocolErrors: Int64 = 0
  var commandErrors: Int64 = 0
  var slowReaders: Int64 = 0
  var takeovers: Int64 = 0
  var adopted: Int64 = 0
  var reloads: Int64 = 0
  var reloadsRefused: Int64 = 0
  var redisSessionsLost: Int64 = 0
  /// By the own share, because Redis gave no answer.
  var degradedGranted: Int64 = 0
  var degradedDenied: Int64 = 0
  var degradations: Int64 = 0
  var statesLost: Int64 = 0
  /// That Redis had forgotten, though not all of its state.
  var permitsToldAgain: Int64 = 0
}
