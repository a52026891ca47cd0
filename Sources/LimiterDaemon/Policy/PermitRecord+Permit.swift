import LimiterClient
import LimiterCore
import LimiterRedis

extension PermitRecord {
  /// The permit, as the policy of today settles it; a limit that the policy has no longer stays as reserved.
  func permit(_ id: String, model: String?, policy: ActivePolicy) -> Permit? {
    guard let place = PermitPlace(id: id) else { return nil }
    let grant = WaiterGrant(
      session: place.session, permit: place.name, grantedAt: grantedAt,
      needs: entries.map { policy.need($0.amount, of: Self.limit($0, policy)) }, sentAt: 0, sessionUntil: 0)
    return Permit(
      grant, model: model ?? "", price: model.flatMap { policy.policy.models[$0]?.price },
      validUntil: .now)
  }

  private static func limit(_ entry: Entry, _ policy: ActivePolicy) -> EffectiveLimit {
    let allowance: EffectiveLimit.Allowance =
      switch entry.kind {
      case .window: .window(amount: 0, length: policy.facts(of: entry.limit)?.length ?? 0)
      case .budget:
        .budget(
          nanodollars: 0, period: BudgetPeriod(name: entry.period, start: ServerTime(microseconds: 0), end: nil),
          keep: 0)
      case .slots: .concurrency(permits: 0)
      }
    return EffectiveLimit(id: entry.limit, allowance: allowance)
  }
}
