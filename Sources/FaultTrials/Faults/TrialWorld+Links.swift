// What is done to the networks.
extension TrialWorld {
  func link(_ link: Fault.Link, _ fault: Fault.LinkFault, _ time: Duration) async throws {
    let proxies = link == .redis ? [redisProxy] : workerProxies
    func set(_ change: (inout LinkFaults) -> Void) {
      var faults = LinkFaults()
      change(&faults)
      for proxy in proxies { proxy.faults = faults }
    }
    defer { for proxy in proxies { proxy.faults = LinkFaults() } }
    switch fault {
    case .delay(let milliseconds): set { $0.delay = .milliseconds(milliseconds) }
    case .drip(let bytes): set { $0.dripBytes = bytes }
    case .stall: set { $0.isStalled = true }
    case .drop: for proxy in proxies { proxy.silence() }
    case .halfOpen:
      set { $0.isHalfOpen = true }
      for proxy in proxies { proxy.cut() }
    case .refuse:
      set { $0.isRefusing = true }
      for proxy in proxies { proxy.cut() }
    case .cutAtEveryByte:
      set { $0.cutsAfter = 1 }
      for proxy in proxies { proxy.cut() }
    case .double:
      set { $0.isDoubled = true }
      for proxy in proxies { proxy.cut() }
    case .reset:
      return try await over(time, pause: .milliseconds(150)) { for proxy in proxies { proxy.cut(resets: true) } }
    case .loseReplies(let pause):
      return try await over(time, pause: .milliseconds(pause)) {
        for proxy in proxies { proxy.loseReplies(for: .milliseconds(8)) }
      }
    }
    try await Task.sleep(for: time)
    // Such connections would not be right when it is over. A silent one is found by limiterd, which waits for answers; a worker, whose calls may
    // wait for long, looks after 20 s.
    if [.halfOpen, .double].contains(fault) || (fault == .drop && link == .workers) {
      for proxy in proxies { proxy.cut() }
    }
  }

  private func over(_ time: Duration, pause: Duration, _ action: () -> Void) async throws {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {
      action()
      try await Task.sleep(for: pause)
    }
  }
}
