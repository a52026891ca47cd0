package import Hiredis
package import LimiterCore
package import NIOCore
package import RedisClient

/// A domain in Redis: each call is one script.
package struct RedisStore: DomainStore {
  package let client: RedisClient
  package let scripts: LimiterScripts
  package let keys: DomainKeys
  /// A script was answered: its name, how long that took in microseconds, and whether it was an error.
  private let scriptAnswered: (@Sendable (_ script: String, _ microseconds: Int64, _ isError: Bool) -> Void)?

  package init(
    client: RedisClient, scripts: LimiterScripts, domain: String,
    scriptAnswered: (@Sendable (_ script: String, _ microseconds: Int64, _ isError: Bool) -> Void)? = nil
  ) {
    self.client = client
    self.scripts = scripts
    self.scriptAnswered = scriptAnswered
    keys = DomainKeys(domain: domain)
  }

  package var connections: Int { client.connections }
  package var connectionError: (any Error)? { client.state.lastError }

  /// Runs a script; called and answered on the event loop.
  package func evaluate(
    _ script: RedisScript, _ call: ScriptCall, deadline: NIODeadline, _ answered: @escaping Answered<Reply>
  ) {
    let promise = client.eventLoop.makePromise(of: Reply.self)
    let began = ContinuousClock.now
    client.evaluate(script, keys: call.keys, arguments: call.arguments, deadline: deadline, promise: promise)
    promise.futureResult.assumeIsolated().whenComplete { result in
      if let scriptAnswered {
        let isError = if case .failure = result { true } else { false }
        scriptAnswered(script.name, began.duration(to: .now).microsecondsRoundedUp, isError)
      }
      answered(result)
    }
  }

  package func acquire(_ batch: AcquireBatch, deadline: NIODeadline, _ answered: @escaping Answered<AcquireAnswer>) {
    evaluate(scripts.acquire, AcquireCodec.call(batch, keys: keys), deadline: deadline) { result in
      answered(Result { try AcquireCodec.answer(try result.get(), to: batch) })
    }
  }

  package func settle(_ batch: SettleBatch, deadline: NIODeadline, _ answered: @escaping Answered<[SettleOutcome]?>) {
    evaluate(scripts.settle, SettleCodec.call(batch, keys: keys), deadline: deadline) { result in
      answered(Result { try SettleCodec.answer(try result.get(), to: batch).outcomes })
    }
  }

  package func announce(_ batch: AnnounceBatch, deadline: NIODeadline, _ answered: @escaping Answered<Bool>) {
    evaluate(scripts.announce, AnnounceCodec.call(batch, keys: keys), deadline: deadline) { result in
      answered(Result { try AnnounceCodec.answer(try result.get()) })
    }
  }

  package func session(_ call: SessionCall, deadline: NIODeadline, _ answered: @escaping Answered<SessionAnswer>) {
    let script = call.isProbe ? scripts.probe : scripts.session
    evaluate(script, SessionCodec.call(call, keys: keys), deadline: deadline) { result in
      answered(Result { try SessionCodec.answer(try result.get()) })
    }
  }

  package func adopt(
    _ permits: [PermitPlace], by session: String, deadline: NIODeadline,
    _ answered: @escaping Answered<[(adoption: Adoption, record: [UInt8])]?>
  ) {
    evaluate(scripts.adopt, AdoptCodec.call(permits, by: session, keys: keys), deadline: deadline) { result in
      answered(Result { try AdoptCodec.answer(try result.get(), to: permits) })
    }
  }

  package func permits(of session: String, deadline: NIODeadline, _ answered: @escaping Answered<[String]>) {
    let scan = KeyScan(client, deadline: deadline)
    scan.fields(of: keys.session(session), beginning: DomainKeys.permit).assumeIsolated().whenComplete { result in
      answered(result.map { names in names.map { String($0.dropFirst(DomainKeys.permit.count)) } })
    }
  }

  package func listen(to session: String, _ heard: @escaping (WakeUp) -> Void) -> UInt64? {
    client.subscribe(to: [keys.wake(session)]) { event in
      switch event {
      case .message(let message): heard(.released(LimitID(rawValue: String(decoding: message.payload, as: UTF8.self))))
      case .established: heard(.beganToListen)
      case .ended(let error?): heard(.refused(error))
      case .interrupted, .ended: break
      }
    }
  }

  package func stopListening(_ number: UInt64) { client.unsubscribe(number) }
}
