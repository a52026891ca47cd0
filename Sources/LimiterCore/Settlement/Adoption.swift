/// A permit by the session that it was granted to, and its name there.
package struct PermitPlace: Sendable, Hashable {
  package var session: String
  package var name: String

  package init(session: String, name: String) {
    self.session = session
    self.name = name
  }

  /// The place that an id tells: `<session>/<lane>.<operation>.<position>`; `nil` when it is none.
  package init?(id: String) {
    guard let slash = id.firstIndex(of: "/") else { return nil }
    let (session, name) = (id[..<slash], id[id.index(after: slash)...])
    guard !session.isEmpty, name.split(separator: ".").count >= 3 else { return nil }
    self.init(session: String(session), name: String(name))
  }

  /// The permit's id, wherever its record is.
  package var id: String { "\(session)/\(name)" }

  /// Where its record is after another session has adopted it.
  package func adopted(by session: String) -> PermitPlace {
    PermitPlace(session: session, name: id)
  }
}

/// What became of a permit that another session was to hold.
package enum Adoption: Int64, Sendable, Hashable {
  /// Unknown, or settled.
  case gone = 0
  /// It is the new session's, under its id as a name.
  case held = 1
  /// It had ended as abandoned: its slots are free, and a late settlement still counts.
  case lost = 2
  /// It was granted to that session, and never left it.
  case own = 3
}
