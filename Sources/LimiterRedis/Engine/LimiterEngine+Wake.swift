internal import LimiterCore
internal import NIOCore

extension LimiterEngine {
  /// Listens for hints to this session: there may be room where its call is the best-ranked of all that wait. A hint that is lost
  /// costs time only: whoever waits asks again by itself. A process in which nobody has ever waited needs no second connection.
  func listen() {
    guard hasWaited, case .open(let id) = session.phase, wakeSubscription == nil else { return }
    wakeSubscription = store.listen(to: id) { [weak self] event in
      guard let self, case .open(id) = session.phase else { return }
      switch event {
      case .released(let limit): released([limit])
      case .beganToListen:
        doubtMemory()
        releasedAll()
      case .refused(let error):
        // A right is missing: each heartbeat tries again. Whoever waits asks by itself meanwhile, somewhat later.
        wakeSubscription = nil
        noteRefusal(error)
      }
    }
  }

  func stopListening() {
    if let wakeSubscription { store.stopListening(wakeSubscription) }
    wakeSubscription = nil
  }

  private func releasedAll() {
    for lane in lanesInOrder {
      with(lane) { $0.releasedAll(at: now) }
    }
  }
}
