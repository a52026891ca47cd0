internal import NIOCore
import Synchronization

/// What the connections of a proxy share.
final class ProxyState: Sendable {
  private struct State {
    var target: FaultProxy.Place
    var faults = LinkFaults()
    var counts = ProxyCounts()
    var links: [ObjectIdentifier: NIOLoopBound<ProxyLink>] = [:]
  }

  private let state: Mutex<State>

  init(_ target: FaultProxy.Place) { state = Mutex(State(target: target)) }

  var target: FaultProxy.Place { state.withLock { $0.target } }
  var faults: LinkFaults { state.withLock { $0.faults } }
  var counts: ProxyCounts { state.withLock { $0.counts } }

  func retarget(_ target: FaultProxy.Place) { state.withLock { $0.target = target } }

  func set(_ faults: LinkFaults) {
    let wasStalled = state.withLock { state in
      defer { state.faults = faults }
      return state.faults.isStalled
    }
    if wasStalled, !faults.isStalled { each { $0.resume() } }
  }

  /// The faults of a new connection, with its own place of the cut.
  func join(_ link: NIOLoopBound<ProxyLink>, _ id: ObjectIdentifier) -> LinkFaults {
    state.withLock { state in
      state.counts.connections += 1
      state.links[id] = link
      let faults = state.faults
      if let cut = faults.cutsAfter { state.faults.cutsAfter = cut + 1 }
      return faults
    }
  }

  func leave(_ id: ObjectIdentifier) { state.withLock { $0.links[id] = nil } }

  func count(_ change: (inout ProxyCounts) -> Void) { state.withLock { change(&$0.counts) } }

  /// On each connection's own event loop.
  func each(_ action: @escaping @Sendable (ProxyLink) -> Void) {
    for link in state.withLock({ Array($0.links.values) }) { link.eventLoop.execute { action(link.value) } }
  }
}
