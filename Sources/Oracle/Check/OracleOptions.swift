/// What else is known about a history.
package struct OracleOptions: Codable, Sendable {
  /// Judge only this domain; `nil`: all of them.
  package var domain: String?
  /// All permits were settled or ended before the file was read: nothing may be held, no slot taken.
  package var atRest: Bool
  /// What was reported as spent, by budget name, over all its periods (checked when given).
  package var spent: [String: Int64]
  /// Compare the limiter's clock with the server's own annotations. Off for histories with an invented clock.
  package var checksServerClock: Bool
  /// Every admission of this history keeps a permit: what writes none has denied, and must not have taken anything.
  package var keepsPermits: Bool

  package init(
    domain: String? = nil, atRest: Bool = false, spent: [String: Int64] = [:], checksServerClock: Bool = true,
    keepsPermits: Bool = false
  ) {
    self.domain = domain
    self.atRest = atRest
    self.spent = spent
    self.checksServerClock = checksServerClock
    self.keepsPermits = keepsPermits
  }
}
