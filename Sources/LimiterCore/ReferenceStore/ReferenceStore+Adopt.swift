extension ReferenceStore {
  /// Gives permits to another session, as `adopt.lua` does; `nil` when that is unknown or over.
  package mutating func adopt(_ permits: [PermitPlace], by holder: String, at time: ServerTime) -> [Adoption]? {
    let now = stamp(time)
    guard let session = sessions[holder], session.aliveUntil > now else { return nil }
    // All are looked for before the first one moves: it may be named twice.
    let found = permits.map { permit in
      (permit: permit, at: place(of: permit).flatMap { sessions[$0.session]?.permits[$0.name] == nil ? nil : $0 })
    }
    return found.map { permit, place in
      guard let place else {
        let names = [permit, adopted[permit.id].map(permit.adopted)].compactMap { $0 }
        return names.contains { unsettled["\($0.session)/permit:\($0.name)"] != nil } ? .lost : .gone
      }
      if place.session != holder { move(permit, from: place, to: holder) } else if place == permit { return .own }
      return .held
    }
  }

  private func place(of permit: PermitPlace) -> PermitPlace? {
    if sessions[permit.session]?.permits[permit.name] != nil { return permit }
    return adopted[permit.id].map(permit.adopted)
  }

  private mutating func move(_ permit: PermitPlace, from place: PermitPlace, to holder: String) {
    guard let record = sessions[place.session]?.permits.removeValue(forKey: place.name) else { return }
    sessions[holder]?.permits[permit.id] = record
    adopted[permit.id] = holder
    for part in record.parts where part.limit.isConcurrency {
      let theirs = slots[part.limit.id]?[place.session] ?? 0
      let moved = min(theirs, part.amount)
      guard moved > 0 else { continue }
      slots[part.limit.id]?[place.session] = moved == theirs ? nil : theirs - moved
      slots[part.limit.id]?[holder, default: 0] += moved
    }
  }
}
