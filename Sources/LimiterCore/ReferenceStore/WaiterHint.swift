/// What a process is told: there may be room in a limit, and its call is the best-ranked of all that wait for it.
package struct WaiterHint: Sendable, Hashable, Comparable {
  package var session: String
  package var limit: LimitID

  package init(session: String, limit: LimitID) {
    self.session = session
    self.limit = limit
  }

  package static func < (left: WaiterHint, right: WaiterHint) -> Bool {
    (left.session, left.limit.rawValue) < (right.session, right.limit.rawValue)
  }
}
