/// What a thing does when one call is made after the other.
package protocol SequentialSpecification: Sendable {
  /// All that later answers depend on.
  associatedtype State: Hashable & Sendable
  /// A call with the answer that its caller got; a call whose answer nobody knows says so itself.
  associatedtype Call: Sendable

  /// Before the first call.
  var initial: State { get }

  /// The state after a call; `nil` when it cannot have been answered so in this state.
  func state(after call: Call, in state: State) -> State?
}

/// A call of a history, and when it was under way. Times are of one clock that all callers share, in any unit.
package struct TimedCall<Call: Sendable>: Sendable {
  package var call: Call
  package var invoked: Int64
  /// `nil`: nobody knows its outcome. It takes effect at any time after it was made, or never.
  package var answered: Int64?

  package init(_ call: Call, invoked: Int64, answered: Int64?) {
    self.call = call
    self.invoked = invoked
    self.answered = answered
  }
}
