/// What a provider's answer to a call says of one of its windows.
package struct WindowObservation: Sendable, Hashable {
  package var limit: EffectiveLimit
  /// When the call was granted, and what was used after that.
  package var grantedAt: ServerTime
  package var usedAfter: Int64
  /// What the provider says is left; `nil`: it refused the call.
  package var left: Int64?
  /// After how long its window is whole, in microseconds; 0: it did not say.
  package var reset: Int64

  package init(limit: EffectiveLimit, grantedAt: ServerTime, usedAfter: Int64, left: Int64?, reset: Int64) {
    self.limit = limit
    self.grantedAt = grantedAt
    self.usedAfter = usedAfter
    self.left = left
    self.reset = reset
  }

  /// Amount and length; `nil`: the limit is no window, and cannot be observed.
  package var window: (amount: Int64, length: Int64)? {
    if case .window(let amount, let length) = limit.allowance { (amount, length) } else { nil }
  }
}
