internal import Hiredis
package import NIOCore
package import RedisClient

/// Finds keys of a domain by how they begin, as `redis-cli --scan` would: for people that look, not for decisions. Called on the client's event loop.
package struct KeyScan: Sendable {
  private static let step: Int64 = 1_000

  package let client: RedisClient
  private let deadline: NIODeadline

  package init(_ client: RedisClient, deadline: NIODeadline) {
    self.client = client
    self.deadline = deadline
  }

  /// At most `most` keys, in no order.
  ///
  /// - Complexity: it walks over all keys of the Redis, a thousand at a time.
  package func keys(beginning begin: String, most: Int) -> EventLoopFuture<[String]> {
    scan(begin, cursor: "0", most: most, found: [])
  }

  /// The fields of a hash, in no order.
  func fields(of key: CommandArgument, beginning begin: String) -> EventLoopFuture<[String]> {
    fields(of: key, begin, cursor: "0", found: [])
  }

  private func fields(
    of key: CommandArgument, _ begin: String, cursor: String, found: Set<String>
  ) -> EventLoopFuture<[String]> {
    send([
      "HSCAN", key, CommandArgument(cursor), "MATCH", CommandArgument(begin + "*"), "COUNT", CommandArgument(Self.step),
    ])
    .flatMap { reply in
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let pairs = parts[1].array else {
        return client.eventLoop.makeFailedFuture(LimiterRedisError.malformedAnswer("expected a cursor and fields"))
      }
      let all = found.union(stride(from: 0, to: pairs.count, by: 2).compactMap { pairs[$0].string })
      guard next != "0" else { return client.eventLoop.makeSucceededFuture(Array(all)) }
      return fields(of: key, begin, cursor: next, found: all)
    }
  }

  private func scan(_ begin: String, cursor: String, most: Int, found: [String]) -> EventLoopFuture<[String]> {
    send(["SCAN", CommandArgument(cursor), "MATCH", CommandArgument(begin + "*"), "COUNT", CommandArgument(Self.step)])
      .flatMap { reply in
        guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let keys = parts[1].array else {
          return client.eventLoop.makeFailedFuture(LimiterRedisError.malformedAnswer("expected a cursor and keys"))
        }
        // A key may come twice.
        var all = Set(found)
        for key in keys.compactMap(\.string) where all.count < most { all.insert(key) }
        guard next != "0", all.count < most else { return client.eventLoop.makeSucceededFuture(Array(all)) }
        return scan(begin, cursor: next, most: most, found: Array(all))
      }
  }

  func send(_ words: [CommandArgument]) -> EventLoopFuture<Reply> {
    let promise = client.eventLoop.makePromise(of: Reply.self)
    client.send(words, deadline: deadline, promise: promise)
    return promise.futureResult
  }
}
