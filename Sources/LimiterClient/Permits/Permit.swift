public import LimiterCore

/// An admission: what a call has reserved of every limit, until it is settled.
///
/// It can be encoded and settled by another process; it is settled once, whoever is first.
public struct Permit: Sendable, Hashable, Codable {
  /// What it has reserved of one limit.
  public struct Reservation: Sendable, Hashable, Codable {
    /// The limit.
    public var limit: LimitID
    /// The kind of limit.
    public var kind: Kind
    /// What the limit counts; `nil` for concurrency.
    public var unit: Unit?
    /// How much is reserved, in the limit's unit.
    public var amount: Int64
    /// Whether the reservation gives back what was not used.
    public var refunds: Bool
    /// Whether use above the reservation is added.
    public var addsExcess: Bool
    /// What was left of the limit after the grant, in its unit: others may have taken of it since. `nil`: nobody knows it here, as of a permit
    /// that is degraded.
    public var remaining: Int64?
    /// What was used of the limit after the grant; `nil`: nobody knows it here.
    package var usedAfter: Int64?

    /// The kinds of limits that a reservation can be of.
    public enum Kind: Sendable, Hashable, Codable {
      /// A window of a length in microseconds.
      case window(length: Int64)
      /// A budget in a period.
      case budget(period: String)
      /// Slots.
      case concurrency
    }
  }

  /// Unique over all processes: `<session>/<lane>.<operation>.<position>`.
  public var id: String
  /// The model.
  public var model: String
  /// Server time of the decision.
  public var grantedAt: ServerTime
  /// When the permit ends as abandoned unless it is settled or renewed, on the clock of the host that got it. While its
  /// holder's process cannot reach Redis, it may end sooner: see ``LimiterClient/LimiterClient/isHeld(_:)``.
  public var validUntil: ContinuousClock.Instant
  /// What it has reserved, in the order of the policy.
  public var reservations: [Reservation]
  /// Whether it was granted by this process' own share, because Redis gave no answer.
  public var isDegraded = false
  /// The price of the model when the permit was granted, in nanodollars per million tokens: input, output.
  var inputPrice: Int64?
  var outputPrice: Int64?

  /// By what its budgets are charged; `nil`: the policy has no price of the model.
  package var price: ModelPrice? {
    guard let inputPrice, let outputPrice else { return nil }
    return ModelPrice(input: inputPrice, output: outputPrice)
  }

  /// How much of a unit it has reserved, the largest over its limits; `nil`: no limit counts this unit.
  public func reserved(_ unit: Unit) -> Int64? {
    reservations.filter { $0.unit == unit }.map(\.amount).max()
  }
}
