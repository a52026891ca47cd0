internal import Hiredis
package import LimiterCore

extension SidecarLimiter {
  package func waiting() async throws -> [LimitCrowd] {
    guard let listed = try await query(["WAITERS"]).array else { throw WorkerReply.unreadable("an answer to WAITERS") }
    return try listed.map { reply in
      let reply = try WorkerReply(reply, "an answer to WAITERS")
      let waiters = try reply.list("waiters").map { waiter in
        LimitCrowd.Waiter(
          session: try waiter.text("session"), who: try waiter.text("who"), model: try waiter.text("model"),
          rank: try waiter.number("rank"), amount: try waiter.number("amount"),
          start: try waiter.optionalNumber("start_us").map { ServerTime(microseconds: $0) },
          behind: try waiter.list("behind").map { (rank: try $0.number(at: 0), amount: try $0.number(at: 1)) })
      }
      return LimitCrowd(limit: LimitID(rawValue: try reply.text("limit")), waiters: waiters, holders: [])
    }
  }
}
