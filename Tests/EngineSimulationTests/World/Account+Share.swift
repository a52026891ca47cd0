import LimiterCore

/// What processes grant by themselves while Redis gives no answer.
extension Account {
  /// A process never uses more of a window than its limit, whoever has granted it.
  func checkShare(of host: String, after grant: Grant) {
    for part in grant.parts {
      guard case .window(let amount, let length) = part.limit.allowance else { continue }
      let key = part.limit.keyName
      let used = grants(of: host).filter { $0.at > grant.at - length && $0.at <= grant.at }.reduce(Int64(0)) {
        sum, other in
        other.parts.indices.filter { other.parts[$0].limit.keyName == key }.reduce(sum) {
          $0 + min(other.charge(of: $1), other.parts[$1].reserved)
        }
      }
      if used > amount { problem("\(host) has used \(used) of \(amount) of \(key), the last of it by its own share") }
    }
  }

  /// Redis decides again: it knows of all that a process has granted by itself, at its time or a little later.
  func checkShareIsTold(by host: String, at now: Int64) {
    for grant in grants(of: host) where grant.isLocal && !grant.isChecked && grant.at > lostAt {
      grant.isChecked = true
      for part in grant.parts {
        guard case .window(_, let length) = part.limit.allowance, grant.at > now - length else { continue }
        let isThere = (sums.windows[part.limit.keyName] ?? []).contains {
          $0.grant == nil && $0.amount >= part.reserved && (grant.at...grant.at + length / 256 + 1).contains($0.at)
        }
        if !isThere { problem("\(grant.id) is not told: \(part.reserved) of \(part.limit.keyName)") }
      }
    }
  }

  /// What a process was granted, or has granted itself, as far as its callers know.
  private func grants(of host: String) -> [Grant] {
    grants.values.filter { $0.isTold && $0.id.hasPrefix("\(host)-") }.sorted { $0.id < $1.id }
  }
}
