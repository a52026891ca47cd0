internal import LimiterCore
internal import NIOCore

extension LimiterEngine {
  /// A copy of this batch, sent at or after an instant, may have been granted, and nobody took the permits: they are given back,
  /// live or already abandoned. What nobody granted is unknown to Redis, and nothing happens.
  func revoke(_ batch: AcquireBatch, sentAt: Int64) {
    let (first, now) = (session.clock.estimate(at: sentAt), serverNow)
    for (position, request) in batch.requests.enumerated() {
      let needs = request.needs.map { LimitNeed(limit: batch.limits[$0.limit], amount: $0.amount) }
      for day in Self.days(from: first, through: now) {
        let place = PermitPlace(session: batch.session, name: batch.permitName(at: position))
        giveBack(place, grantedAt: day, needs: needs, isGranted: false)
      }
    }
    // While its session lives, a copy that was delayed may still run; not after this.
    guard case .open(batch.session) = session.phase, now <= batch.notAfter, !isStopping else { return }
    let pause = batch.notAfter.microseconds - now.microseconds + settings.lane.answerTime
    eventLoop.assumeIsolated().scheduleTask(in: .microseconds(pause)) {
      if !self.isStopping { self.revoke(batch, sentAt: sentAt) }
    }
  }

  /// An instant of every day on which something between these may have happened: ended permits are listed by day. The server's
  /// clock is known to a little less than a call's time.
  private static func days(from first: ServerTime, through last: ServerTime) -> [ServerTime] {
    let (day, slack) = (ListedDays.day, Int64(10_000_000))
    let days = (first.microseconds - slack) / day...max((last.microseconds + slack) / day, first.microseconds / day)
    return days.suffix(Int(ListedDays.most)).map { ServerTime(microseconds: $0 * day) }
  }
}
