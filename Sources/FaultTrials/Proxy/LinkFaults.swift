/// What the connections of a ``FaultProxy`` do; the default is a good network.
package struct LinkFaults: Sendable, Equatable {
  /// Bytes arrive so much later, in each direction.
  package var delay: Duration = .zero
  /// Replies arrive in pieces of so many bytes, one each millisecond; 0: as they come.
  package var dripBytes = 0
  /// Nothing arrives until this is over; nothing is lost.
  package var isStalled = false
  /// New connections are accepted, and that is all.
  package var isHalfOpen = false
  /// New connections are closed at once.
  package var isRefusing = false
  /// All requests are sent a second time over a connection of their own, whose replies nobody reads. Decided at a connection's start.
  package var isDoubled = false
  /// A connection is cut after so many bytes of replies; each new one a byte later than the one before.
  package var cutsAfter: Int?

  package init() {}
}
