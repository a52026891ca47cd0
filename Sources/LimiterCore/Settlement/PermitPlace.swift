/// A permit by the session that it was granted to, and its name there.
package struct PermitPlace: Sendable, Hashable {
  package var session: String
  package var name: String

  package init(session: String, name: String) {
    self.session = session
    self.name = name
  }

  /// What is said of an id that is none.
  package static let expected = "expected the id of a permit, `<session>/<lane>.<operation>.<position>`"

  /// The place that an id tells: `<session>/<lane>.<operation>.<position>`; `nil` when it is none.
  package init?(id: String) {
    guard let slash = id.firstIndex(of: "/") else { return nil }
    let (session, name) = (id[..<slash], id[id.index(after: slash)...])
    guard !session.isEmpty, name.split(separator: ".").count >= 3 else { return nil }
    self.init(session: String(session), name: String(name))
  }

  /// Where a record is, from its name in its holder's session: an adopted permit's is its whole id.
  package static func granted(name: String, in holder: String) -> PermitPlace {
    PermitPlace(id: name) ?? PermitPlace(session: holder, name: name)
  }

  /// The lane's name, from a permit's name: `<lane>.<operation>.<position>`.
  package var lane: String { name.split(separator: ".").dropLast(2).joined(separator: ".") }

  /// The permit's id, wherever its record is.
  package var id: String { "\(session)/\(name)" }

  /// Where its record is after another session has adopted it.
  package func adopted(by session: String) -> PermitPlace {
    PermitPlace(session: session, name: id)
  }
}
