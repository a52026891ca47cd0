import Foundation

/// Every permit that a history tells of, and what became of it. Like ``HistoryOracle``, it knows the form of the keys and nothing else of the
/// limiter.
///
///     session:<id>     permit:<name> -> record      held; under another session `permit:<id>/<name>`: it was taken over
///     unsettled:<day>  <id>/permit:<name> -> record  abandoned
package struct PermitHistory: Sendable {
  /// By id: `<session>/<lane>.<operation>.<position>`.
  package private(set) var permits: [String: PermitFate] = [:]
  /// What cannot be: a permit that is granted again after its end, a record that nobody can read.
  package private(set) var report = OracleReport()

  private enum Mark {
    case held([UInt8])
    case dropped
    case listed
    case unlisted
  }

  /// - Parameters:
  ///   - path: as of ``HistoryOracle/check(_:limits:options:)``.
  ///   - domain: whose permits.
  /// - Throws: ``OracleError`` if the history cannot be read.
  package static func read(_ path: String, domain: String) throws(OracleError) -> PermitHistory {
    var history = PermitHistory()
    var reader = HistoryReader()
    let prefix = "lim:{\(domain)}:"
    let (session, unsettled) = (Array("\(prefix)session:".utf8), Array("\(prefix)unsettled:".utf8))
    history.report.truncatedAt = try reader.read(path) { history.replay($0, session, unsettled) }
    return history
  }

  private mutating func replay(_ group: Group, _ session: [UInt8], _ unsettled: [UInt8]) {
    var marks: [String: [Mark]] = [:]
    for command in group.commands {
      guard let key = command.arguments.first else { continue }
      let isWrite = ["HSET", "HMSET", "HSETNX"].contains(command.name)
      guard isWrite || command.name == "HDEL" else { continue }
      let fields = stride(from: 1, to: command.arguments.count, by: isWrite ? 2 : 1)
      if key.starts(with: session) {
        let owner = String(decoding: key.dropFirst(session.count), as: UTF8.self)
        for field in fields {
          guard let id = Self.id(command.arguments[field], of: owner) else { continue }
          let record = field + 1 < command.arguments.count ? command.arguments[field + 1] : []
          marks[id, default: []].append(isWrite ? .held(record) : .dropped)
        }
      } else if key.starts(with: unsettled) {
        for field in fields {
          let id = String(decoding: command.arguments[field], as: UTF8.self).replacing("/permit:", with: "/")
          marks[id, default: []].append(isWrite ? .listed : .unlisted)
        }
      }
    }
    for (id, marks) in marks { apply(marks, to: id, group) }
  }

  private mutating func apply(_ marks: [Mark], to id: String, _ group: Group) {
    report.checked += 1
    var (isHeld, isDropped, isListed, isUnlisted) = (false, false, false, false)
    for mark in marks {
      switch mark {
      case .held(let record):
        isHeld = true
        if permits[id] == nil {
          guard let fate = Self.fate(record) else {
            return report.add(.form, group.place, "permit \(id): its record cannot be read")
          }
          permits[id] = fate
        } else if permits[id]?.end != nil {
          report.add(.once, group.place, "permit \(id) is held again after its end")
        }
      case .dropped: isDropped = true
      case .listed: isListed = true
      case .unlisted: isUnlisted = true
      }
    }
    guard !isHeld else { return }
    if isUnlisted {
      permits[id]?.end = .endedLate
    } else if isListed || isDropped {
      if permits[id]?.end != nil { report.add(.once, group.place, "permit \(id) ended twice") }
      permits[id]?.end = isListed ? .abandoned : .ended
      permits[id]?.endSecond = group.second
    }
  }

  /// `permit:m.1.1` of its own session, `permit:s1/m.1.1` of another one that took it over.
  private static func id(_ field: [UInt8], of session: String) -> String? {
    let permit = Array("permit:".utf8)
    guard field.starts(with: permit) else { return nil }
    let name = String(decoding: field.dropFirst(permit.count), as: UTF8.self)
    return name.contains("/") ? name : "\(session)/\(name)"
  }

  /// `["granted at", "hold until", stamps, name, amount, name, amount ...]`
  private static func fate(_ record: [UInt8]) -> PermitFate? {
    guard let values = try? JSONSerialization.jsonObject(with: Data(record)) as? [Any], values.count >= 3,
      let grantedAt = (values[0] as? String).flatMap({ Int64($0) })
    else { return nil }
    var amounts: [String: Int64] = [:]
    for index in stride(from: 3, to: values.count - 1, by: 2) {
      guard let name = values[index] as? String, let amount = values[index + 1] as? NSNumber else { return nil }
      amounts[name] = amount.int64Value
    }
    return PermitFate(amounts: amounts, grantedAt: grantedAt)
  }
}
