/// Whether the answers of calls that were under way at once could have been given by one thing that takes one call after the other.
///
///     caller 1   |--- acquire: granted ---|      each call must take effect at one instant between its two ends,
///     caller 2        |-- acquire: denied --|    so that all answers are right; one that has no answer takes effect
///     caller 3    |--- settle: ?                 at any time after its begin, or never
///
/// The search of Wing and Gong: of the calls that no unplaced one precedes, each is tried as the next. What was tried in vain (these
/// calls placed, this state) is remembered, so that it is not tried again in another order.
package struct LinearizabilityChecker<Specification: SequentialSpecification> {
  /// What became of a history.
  package enum Verdict: Sendable, Equatable {
    /// An order that explains it, as positions in the history.
    case linearizable([Int])
    /// None does; the most calls that could be placed.
    case violated(placed: [Int])
    /// The search was longer than it was allowed to be, or there are more than 64 calls.
    case undecided
  }

  private struct Tried: Hashable {
    var placed: UInt64
    var state: Specification.State
  }

  private let specification: Specification
  private let calls: [TimedCall<Specification.Call>]
  private let mostTried: Int
  /// The calls that have an answer: all of them must be placed.
  private let answered: UInt64
  private var tried: Set<Tried> = []
  private var order: [Int] = []
  private var longest: [Int] = []

  private init(_ calls: [TimedCall<Specification.Call>], _ specification: Specification, mostTried: Int) {
    self.calls = calls
    self.specification = specification
    self.mostTried = mostTried
    answered = calls.indices.reduce(0) { calls[$1].answered == nil ? $0 : $0 | 1 << UInt64($1) }
  }

  /// Judges a history.
  ///
  /// - Complexity: linear when calls do not overlap, at worst exponential in how many do; it gives up after `mostTried` states.
  package static func check(
    _ calls: [TimedCall<Specification.Call>], _ specification: Specification, mostTried: Int = 1_000_000
  ) -> Verdict {
    guard calls.count <= 64 else { return .undecided }
    var checker = LinearizabilityChecker(calls, specification, mostTried: mostTried)
    if checker.search(placed: 0, specification.initial) { return .linearizable(checker.order) }
    return checker.tried.count < mostTried ? .violated(placed: checker.longest) : .undecided
  }

  private mutating func search(placed: UInt64, _ state: Specification.State) -> Bool {
    if placed & answered == answered { return true }
    guard tried.count < mostTried, tried.insert(Tried(placed: placed, state: state)).inserted else { return false }
    if order.count > longest.count { longest = order }
    // Whatever was made after this instant comes after the call that was answered at it.
    let end = calls.indices.reduce(Int64.max) {
      placed & 1 << UInt64($1) == 0 ? min($0, calls[$1].answered ?? .max) : $0
    }
    for position in calls.indices where placed & 1 << UInt64(position) == 0 && calls[position].invoked <= end {
      guard let next = specification.state(after: calls[position].call, in: state) else { continue }
      order.append(position)
      if search(placed: placed | 1 << UInt64(position), next) { return true }
      order.removeLast()
    }
    return false
  }
}
