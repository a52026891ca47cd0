package import LimiterRedis
package import Logging
package import RedisClient

extension EngineEvents {
  /// Tells the log of all that happens between a process and Redis.
  ///
  /// - Parameter connected: what is told, and how loudly, when a session is open.
  package static func logged(
    by logger: Logger, _ client: RedisClient, connected: (level: Logger.Level, message: Logger.Message)
  ) -> EngineEvents {
    var events = EngineEvents()
    events.sessionOpened = { session in
      logger.log(level: connected.level, connected.message, metadata: [LogKey.session: "\(session)"])
      if let policy = client.evictionPolicy, policy != "noeviction" {
        logger.warning(
          "Redis may evict keys and so forget limits: set maxmemory-policy noeviction",
          metadata: [LogKey.policy: "\(policy)"])
      }
    }
    events.sessionLost = { session in
      logger.warning(
        "the session was over before it was renewed: its permits have ended as abandoned",
        metadata: [LogKey.session: "\(session)"])
    }
    events.stateLost = {
      logger.warning("Redis has lost the limits' state, or it was deleted: it is told what this process knows of it")
    }
    events.forgotten = { lane, permits in
      logger.warning(
        "Redis has lost the last part of the limits' state, as in a failover: it is told what was granted then",
        metadata: [LogKey.lane: "\(lane)", LogKey.permits: "\(permits)"])
    }
    events.degraded = { error in
      logger.warning(
        "Redis gives no answer: limits are decided as their `on_failure` says",
        metadata: [LogKey.error: "\(error)"])
    }
    events.orphanEnded = {
      logger.warning(
        "a permit stood in Redis that nobody held, because a settlement was lost there: charged as reserved",
        metadata: [LogKey.permit: "\($0)"])
    }
    events.recovered = { logger.notice("Redis answers again, and decides") }
    let refusals = ErrorReminder()
    events.refused = { error in
      guard refusals.isDue(error) else { return }
      logger.error(
        "Redis refuses what the limiter asks for, until somebody acts", metadata: [LogKey.error: "\(error)"])
    }
    events.trouble = { error in
      logger.debug("Redis gave no answer, asking again", metadata: [LogKey.error: "\(error)"])
    }
    return events
  }
}
