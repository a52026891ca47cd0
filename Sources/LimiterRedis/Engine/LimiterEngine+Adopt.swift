package import LimiterCore
internal import NIOCore

/// Permits that another session was granted, and whose holder is here now.
extension LimiterEngine {
  /// Makes permits this session's own: per permit what became of it, and its record in Redis where it is held now.
  ///
  /// Asked once: without an answer it may have happened, and asking again does no harm. Who asks again within `adoptionGrace` finds the permits
  /// where they are.
  package func adopt(
    _ permits: [PermitPlace],
    answered: @escaping (Result<[(adoption: Adoption, record: [UInt8])], any Error>) -> Void
  ) {
    eventLoop.preconditionInEventLoop()
    guard case .open(let id) = session.phase, !isStopping else {
      return answered(.failure(failure ?? NoSession(cause: session.lastError)))
    }
    for place in permits { adopting[place] = now + settings.adoptionGrace }
    store.adopt(permits, by: id, deadline: answerDeadline) { [self] result in
      // Whoever asked holds them now, or asks again.
      defer { if case .success = result { for place in permits { adopting[place] = nil } } }
      if case .success(nil) = result { lostSession(id) }
      answered(
        Result {
          guard let adoptions = try result.get() else { throw NoSession(cause: nil) }
          return adoptions
        })
    }
  }
}

/// There is no session in Redis at this moment.
package struct NoSession: Error {
  /// Why, where that is known.
  package var cause: (any Error)?
}
