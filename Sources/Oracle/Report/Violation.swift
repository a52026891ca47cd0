/// One broken invariant: which, where in the history, and what was seen.
package struct Violation: Codable, Sendable, Hashable, CustomStringConvertible {
  package var invariant: Invariant
  package var place: Place
  package var what: String

  package init(invariant: Invariant, place: Place, what: String) {
    self.invariant = invariant
    self.place = place
    self.what = what
  }

  package var description: String { "\(invariant.rawValue) at \(place): \(what)" }
}
