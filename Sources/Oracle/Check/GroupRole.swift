/// What kind of script a group comes from, by what it writes beside the limits.
///
/// In a window whose entries are merged, an entry's name is that of whoever came first at its stamp: usage above an estimate can hide
/// behind the name of an admission, and the reverse. So what is judged as an admission is what happened together with a permit.
enum GroupRole {
  /// It wrote permits into a session.
  case grants
  /// It removed permits, or recorded an operator's correction.
  case corrects
  /// A process told what it had admitted or held already: not an admission, and it may be older than its entry.
  case announces
  /// Neither: then an entry's name decides.
  case unknown

  init(_ group: Group, domain: String) {
    let session = Array("lim:{\(domain)}:session:".utf8)
    let unsettled = Array("lim:{\(domain)}:unsettled:".utf8)
    let permit = Array("permit:".utf8)
    let announced = Array("announced".utf8)
    var role = GroupRole.unknown
    for command in group.commands {
      guard let key = command.arguments.first else { continue }
      switch command.name {
      case "HSET", "HMSET":
        let fields = stride(from: 1, to: command.arguments.count, by: 2)
        if key.starts(with: session), fields.contains(where: { command.arguments[$0] == announced }) {
          self = .announces
          return
        }
        if key.starts(with: session), fields.contains(where: { command.arguments[$0].starts(with: permit) }) {
          role = .grants
        }
      case "HDEL": if role != .grants, key.starts(with: session) || key.starts(with: unsettled) { role = .corrects }
      case "XADD": if role != .grants { role = .corrects }
      default: break
      }
    }
    self = role
  }
}
