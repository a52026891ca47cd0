package import LimiterCore
package import Logging
package import NIOCore

/// What gets decisions: ``Limiter`` from Redis, ``SidecarLimiter`` from limiterd. ``LimiterClient`` tells what each function promises.
package protocol LimiterBackend: Sendable {
  var eventLoop: any EventLoop { get }
  var logger: Logger { get }
  /// - Parameter patience: how long it waits beyond its time for who decides, if that is shorter than the settings' patience.
  func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration, patience: Duration?
  ) async throws -> Decision
  func admit(_ request: AdmissionRequest, waitingUpTo longest: Duration) async throws -> Admission
  func settle(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome
  func cancel(_ permit: Permit) async throws -> SettleOutcome
  func abandon(_ permit: Permit) async throws -> SettleOutcome
  func renew(_ permit: Permit, for duration: Duration) async throws -> Bool
  func isHeld(_ permit: Permit) async -> Bool
  func usage(of request: AdmissionRequest) async throws -> [LimitStatus]
  func explain(_ request: AdmissionRequest) async throws -> Explanation
  func cooldown(of model: String, _ asked: CooldownCall) async throws -> CooldownState
  func cooldowns() async throws -> [ModelCooldown]
  func waiting() async throws -> [LimitCrowd]
  func runs() async throws -> [RunUsage]
  func observe(_ permit: Permit, _ view: ProviderView) async throws -> [LimitID: Int64]
  /// Adds to what all workers have counted, each time that it is called. With limiterd, its own alarm counts.
  ///
  /// - Throws: ``LimiterError``, whose `mayHaveRun` says whether it may be counted all the same.
  func report(_ counts: [String: Int64], alarm: FleetAlarm) async throws -> FleetReport
  func run() async throws
  func withRunning<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result
}

extension LimiterBackend {
  package func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60)
  ) async throws -> Decision {
    try await acquire(request, waitingUpTo: longest, patience: nil)
  }

  /// Makes a call under a permit, and settles it by how `body` ends.
  package func withPermit<Value>(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60),
    _ body: (Permit) async throws -> (Value, Usage)
  ) async throws -> PermitOutcome<Value> {
    let permit: Permit
    switch try await acquire(request, waitingUpTo: longest) {
    case .denied(let denial): return .denied(denial)
    case .granted(let granted): permit = granted
    }
    do {
      let (value, usage) = try await body(permit)
      await finish(permit) { try await end(permit, usage) }
      return .completed(value)
    } catch let notSent as CallNotSent {
      await finish(permit) { try await cancel(permit) }
      throw notSent
    } catch {
      await finish(permit) { try await abandon(permit) }
      throw error
    }
  }

  /// Settles it with what was used. When that cannot be, such as with a number that a provider got wrong, it stays charged as reserved, and
  /// somebody is told.
  package func end(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome {
    guard let problem = permit.problem(with: usage) else { return try await settle(permit, usage) }
    logger.warning(
      "what a call used cannot be counted: it stays charged as reserved",
      metadata: [LogKey.permit: "\(permit.id)", "model": "\(permit.model)", LogKey.error: "\(problem)"])
    return try await abandon(permit)
  }

  /// Ends a permit for a caller that does not ask what became of it: the settlement is on its way, whether or not anybody waits for its answer.
  /// What is refused is sent again while the permit is valid, and this process runs: a right that was taken from Redis' user may come back.
  ///
  /// - Returns: whether there was an answer.
  @discardableResult
  package func finish(_ permit: Permit, _ end: @escaping @Sendable () async throws -> SettleOutcome) async -> Bool {
    do {
      _ = try await end()
      return true
    } catch let error as LimiterError where Self.isRefusal(error) {
      logger.warning(
        "a settlement was refused: it is sent again while its permit is valid",
        metadata: [LogKey.permit: "\(permit.id)", LogKey.error: "\(error)"])
      Task { await endAgain(permit, end) }
    } catch {
      logger.debug("a settlement is not confirmed yet", metadata: [LogKey.error: "\(error)"])
    }
    return false
  }

  private func endAgain(_ permit: Permit, _ end: @Sendable () async throws -> SettleOutcome) async {
    while ContinuousClock.now < permit.validUntil {
      do {
        try await Task.sleep(for: SidecarBounds.refusedPause)
        _ = try await end()
        return
      } catch let error as LimiterError where Self.isRefusal(error) {
        continue
      } catch {
        // It is on its way, or nothing is sent any more.
        return
      }
    }
  }

  private static func isRefusal(_ error: LimiterError) -> Bool {
    error.code == .redisRefused || error.code == .queueFull
  }
}
