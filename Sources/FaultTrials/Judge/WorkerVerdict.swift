import Oracle

/// Judges what workers have seen, without a look at Redis: windows, holders, permits that two were given, budgets of runs.
struct WorkerVerdict {
  let policy: TrialPolicy
  let needs: TrialNeeds
  let schedule: TrialSchedule
  /// Permits that were abandoned before they were settled.
  let late: Set<String>

  func judge(_ record: WorkerRecord, _ result: inout TrialResult) {
    result.checked += record.permits.count
    for id in record.doubled { result.violate("I5: permit \(id) was granted to two callers") }
    judgeWindows(record, &result)
    judgeHolders(record, &result)
    judgeRuns(record, &result)
  }

  /// Where state is lost or Redis does not decide, so many times over.
  private var factor: Double { needs.isBounded ? TrialBounds.lossFactor : 1 }

  private func judgeWindows(_ record: WorkerRecord, _ result: inout TrialResult) {
    let grants = record.permits.values.map { permit in
      // What was reserved and not used went back, to the instant of the grant; what was used beyond came later.
      let tokens = min(permit.usedTokens ?? permit.tokens, permit.tokens)
      var amounts = ["requests": 1, "tokens": tokens]
      if let tenant = permit.tenant { amounts[tenant] = 1 }
      return Arrival(atMicroseconds: permit.serverTime, amounts: amounts)
    }
    for rule in policy.grantRules {
      let worst = ArrivalOracle.worst(grants, rule: rule)
      result.checked += grants.count
      result.worst = max(result.worst, Double(worst) / Double(rule.amount))
      if Double(worst) > Double(rule.amount) * factor {
        result.violate("I1: \(rule.name): \(worst) of \(rule.amount) in a window, by the workers' logs")
      }
    }
  }

  /// Who has a permit and has not begun to settle it holds its slots. One that ended as abandoned in its holder's hands was not its own any
  /// more.
  private func judgeHolders(_ record: WorkerRecord, _ result: inout TrialResult) {
    let holders = record.permits.filter { id, permit in
      !late.contains(id) && (permit.outcome == "settled" || permit.killedAt != nil)
    }.map(\.value)
    func most(_ holders: [WorkerPermit]) -> Int {
      var edges: [(at: Int64, by: Int)] = []
      for holder in holders {
        guard let end = holder.settlingAt ?? holder.killedAt else { continue }
        edges += [(holder.grantedAt, 1), (end, -1)]
      }
      // Ends first.
      edges.sort { ($0.at, $0.by) < ($1.at, $1.by) }
      var (now, most) = (0, 0)
      for edge in edges {
        now += edge.by
        most = max(most, now)
      }
      return most
    }
    var limits = [("slots", Int(policy.slots), holders.filter { $0.tenant == nil })]
    for tenant in 0..<TrialPolicy.tenants {
      limits.append(("tenant-slots:t\(tenant)", Int(policy.tenantSlots), holders.filter { $0.tenant == "t\(tenant)" }))
    }
    for (name, allowed, holders) in limits {
      let most = most(holders)
      result.checked += holders.count
      result.worst = max(result.worst, Double(most) / Double(allowed))
      if Double(most) > Double(allowed) * factor {
        result.doubledSlots += most - allowed
        result.violate("I4: \(name): \(most) of \(allowed) held at once, by the workers' logs")
      }
    }
  }

  private func judgeRuns(_ record: WorkerRecord, _ result: inout TrialResult) {
    var spent: [String: Int64] = [:]
    for permit in record.permits.values {
      spent[permit.run, default: 0] += min(permit.usedNanodollars ?? permit.nanodollars, permit.nanodollars)
    }
    let allowed = policy.runNanodollars * Int64(1 + schedule.losses)
    for (run, amount) in spent {
      result.checked += 1
      if amount > allowed { result.violate("I3: \(run): \(amount) of \(allowed) nanodollars, by the workers' logs") }
    }
  }
}
