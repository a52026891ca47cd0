import Synchronization

/// The messages of some channels, for one consumer, from the moment Redis has confirmed them.
///
/// Redis' channels promise nothing: messages that are published while the connection is away are lost (``interruptions``
/// counts that), and so are those that a slow consumer leaves in the buffer too long (``dropped``). Use them as hints.
///
/// The sequence ends when the client is stopped, throws ``RedisError`` when Redis refuses the channels, and unsubscribes when its
/// iteration ends or it is released.
public struct RedisSubscription: AsyncSequence, Sendable {
  /// A message.
  public typealias Element = RedisMessage
  /// A ``RedisError``, in fact.
  public typealias Failure = any Error

  final class Counters: Sendable {
    let dropped = Atomic<Int>(0)
    let interruptions = Atomic<Int>(0)
  }

  let stream: AsyncThrowingStream<RedisMessage, any Error>
  let counters: Counters

  /// Messages that were dropped because the consumer was too slow: the oldest first.
  public var dropped: Int { counters.dropped.load(ordering: .relaxed) }
  /// How often the connection was lost; after each, it subscribes again by itself.
  public var interruptions: Int { counters.interruptions.load(ordering: .relaxed) }

  /// The iterator; there may be one.
  public func makeAsyncIterator() -> AsyncThrowingStream<RedisMessage, any Error>.Iterator {
    stream.makeAsyncIterator()
  }
}
