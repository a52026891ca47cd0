import NIOCore
import Synchronization

extension RedisClient {
  /// Subscribes to channels, on the second connection, and returns when Redis has confirmed all of them.
  ///
  /// - Parameters:
  ///   - channels: At least one name.
  ///   - timeout: Until the confirmation; `nil`: `commandTimeout` of the configuration.
  /// - Throws: ``RedisError``: Redis refuses (`noPermission`), `timeout`, `cancelled`, `stopped`.
  public func subscribe(to channels: Set<String>, timeout: Duration? = nil) async throws -> RedisSubscription {
    precondition(!channels.isEmpty, "a subscription needs at least one channel")
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: RedisMessage.self, throwing: (any Error).self,
      bufferingPolicy: .bufferingNewest(configuration.limits.subscriptionBuffer))
    let counters = RedisSubscription.Counters()
    let confirmed = eventLoop.makePromise(of: Void.self)
    let id = NIOLoopBoundBox<SubscriptionSet.SubscriberID?>.makeEmptyBox(eventLoop: eventLoop)
    continuation.onTermination = { [core, eventLoop] _ in
      eventLoop.execute {
        if let id = id.value { core.value.subscriptions.remove(id) }
      }
    }
    let deadline = eventLoop.deadline(in: timeout ?? configuration.commandTimeout)
    do {
      try await withTaskCancellationHandler {
        eventLoop.execute {
          id.value = self.core.value.subscriptions.add(channels) { event in
            Self.forward(event, to: continuation, counters, confirmed)
          }
          let timer = self.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            confirmed.fail(
              RedisError(
                .timeout, "Redis has not confirmed the subscription in time.", outcome: .unknown,
                cause: self.state.lastError))
          }
          confirmed.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
        }
        try await confirmed.futureResult.get()
      } onCancel: {
        confirmed.fail(Self.cancelled)
      }
    } catch {
      continuation.finish(throwing: error)
      throw error
    }
    return RedisSubscription(stream: stream, counters: counters)
  }

  /// The same for code that lives on ``eventLoop``: `onEvent` is called there, the first time possibly before this returns.
  ///
  /// - Returns: the id for ``unsubscribe(_:)``; `nil`: the client has ended, and `onEvent` has heard so.
  /// - Precondition: called on ``eventLoop``.
  package func subscribe(
    to channels: Set<String>, onEvent: @escaping (SubscriptionEvent) -> Void
  ) -> UInt64? {
    core.value.subscriptions.add(channels, sink: onEvent)
  }

  /// Ends a subscription; `onEvent` is not called again.
  ///
  /// - Precondition: called on ``eventLoop``.
  package func unsubscribe(_ id: UInt64) {
    core.value.subscriptions.remove(id)
  }

  private static func forward(
    _ event: SubscriptionEvent, to continuation: AsyncThrowingStream<RedisMessage, any Error>.Continuation,
    _ counters: RedisSubscription.Counters, _ confirmed: EventLoopPromise<Void>
  ) {
    switch event {
    case .established:
      confirmed.succeed()
    case .message(let message):
      guard case .dropped = continuation.yield(message) else { return }
      counters.dropped.wrappingAdd(1, ordering: .relaxed)
    case .interrupted:
      counters.interruptions.wrappingAdd(1, ordering: .relaxed)
    case .ended(let error):
      continuation.finish(throwing: error)
      confirmed.fail(error ?? RedisError(.stopped, "The client was stopped.", outcome: .notSent))
    }
  }
}
