/// How calls of one priority class share what there is, when more wait than fit.
public struct Fairness: Sendable, Hashable {
  /// Whose calls share; a call that does not name it belongs to those that do not. `nil`: calls go by their arrival alone.
  public var scope: ScopeKey?
  /// How much more than 1 somebody gets, by name: 3 is three times as much.
  public var weights: [String: Int64]

  /// Fairness between those of a scope.
  public init(per scope: ScopeKey?, weights: [String: Int64] = [:]) {
    self.scope = scope
    self.weights = weights
  }

  /// The order of arrival.
  public static let off = Fairness(per: nil)
}
