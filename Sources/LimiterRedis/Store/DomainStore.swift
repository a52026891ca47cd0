package import LimiterCore
package import NIOCore

/// The state of a domain as its engine asks it. Each call is answered once, on the engine's event loop: with a value, with an error
/// of the way there, or with ``LimiterRedisError`` for an answer that cannot be read.
package protocol DomainStore {
  typealias Answered<Value> = (Result<Value, any Error>) -> Void

  /// How many connections there have been: a new one may lead to a Redis that has lost some of what the last one had confirmed.
  var connections: Int { get }

  /// Why there is no connection; `nil`: there is one, or nobody knows.
  var connectionError: (any Error)? { get }

  /// Decides a batch.
  func acquire(_ batch: AcquireBatch, deadline: NIODeadline, _ answered: @escaping Answered<AcquireAnswer>)

  /// Ends permits: what became of each, in their order; `nil`: the state is another one than the batch means.
  func settle(_ batch: SettleBatch, deadline: NIODeadline, _ answered: @escaping Answered<[SettleOutcome]?>)

  /// Tells what it does not know; false: the session is unknown or over.
  func announce(_ batch: AnnounceBatch, deadline: NIODeadline, _ answered: @escaping Answered<Bool>)

  /// Opens, renews or closes a session.
  func session(_ call: SessionCall, deadline: NIODeadline, _ answered: @escaping Answered<SessionAnswer>)

  /// Makes permits a session's own; `nil`: that session is unknown or over.
  func adopt(
    _ permits: [PermitPlace], by session: String, deadline: NIODeadline,
    _ answered: @escaping Answered<[(adoption: Adoption, record: [UInt8])]?>)

  /// The names of the permits that a session holds.
  func permits(of session: String, deadline: NIODeadline, _ answered: @escaping Answered<[String]>)

  /// Hears what a session is told, until ``stopListening(_:)`` with the number that is returned; `nil`: it will hear nothing.
  func listen(to session: String, _ heard: @escaping (WakeUp) -> Void) -> UInt64?

  func stopListening(_ number: UInt64)
}

/// A hint to a session.
package enum WakeUp: Sendable {
  /// There may be room in this limit, and the session's call is the best-ranked of all that wait for it.
  case released(LimitID)
  /// What was said before is lost.
  case beganToListen
  /// Redis refuses to tell anything.
  case refused(any Error)
}
