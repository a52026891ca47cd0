/// A part of an announcement, as a session tells it.
package struct AnnounceBatch: Sendable, Hashable {
  package var session: String
  /// Ascending in the session. The same number changes nothing again.
  package var number: Int64
  /// It is the last part after the state was lost.
  package var isLast: Bool
  package var announcement: Announcement

  package init(session: String, number: Int64, isLast: Bool, announcement: Announcement) {
    self.session = session
    self.number = number
    self.isLast = isLast
    self.announcement = announcement
  }

  /// The name of a permit in a session: its own, or the whole id when another session was granted it.
  package static func name(of id: String, in session: String) -> String {
    guard let place = PermitPlace(id: id), place.session == session else { return id }
    return place.name
  }
}
