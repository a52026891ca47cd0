import Hiredis
import LimiterCore
@testable import LimiterRedis
import RedisClient

extension RedisModel {
  /// What is said to those that wait, in these sessions, while `body` runs; sorted, for the order within a script is nobody's.
  func hints<Result>(
    to sessions: Set<String>, during body: () async throws -> Result
  ) async throws -> (result: Result, hints: [WaiterHint]) {
    let ofChannel = Dictionary(uniqueKeysWithValues: sessions.map { (keys.wake($0), $0) })
    let end = keys.wake("end of this")
    let messages = try await admin.subscribe(to: Set(ofChannel.keys).union([end]))
    let result = try await body()
    // What is published comes in order: before this one stands all that was said.
    _ = try await admin.send(["PUBLISH", CommandArgument(end), ""])
    var hints: [WaiterHint] = []
    for try await message in messages {
      guard let session = ofChannel[message.channel] else { break }
      hints.append(
        WaiterHint(session: session, limit: LimitID(rawValue: String(decoding: message.payload, as: UTF8.self))))
    }
    return (result, hints.sorted())
  }
}
