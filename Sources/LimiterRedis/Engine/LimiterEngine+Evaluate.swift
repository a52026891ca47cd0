package import Hiredis
package import NIOCore
package import RedisClient

extension LimiterEngine {
  /// Runs a script on the event loop, and tells the owner how long its answer took.
  package func evaluate(
    _ script: RedisScript, _ call: ScriptCall, deadline: NIODeadline,
    _ answered: @escaping (Result<Reply, any Error>) -> Void
  ) {
    let promise = eventLoop.makePromise(of: Reply.self)
    let began = now
    client.evaluate(script, keys: call.keys, arguments: call.arguments, deadline: deadline, promise: promise)
    promise.futureResult.assumeIsolated().whenComplete { [self] result in
      let isError = if case .failure = result { true } else { false }
      events.scriptAnswered(script.name, now - began, isError)
      answered(result)
    }
  }
}
