public import LimiterCore

/// What a webhook is told when too many calls fall back, and when they do no more.
public struct FallbackAlert: Encodable, Sendable {
  /// `fallbacks`.
  public let alert = "fallbacks"
  /// `begins` or `ends`.
  public let state: String
  /// Whose calls.
  public let domain: String?
  /// Of the last minutes.
  public let calls: Int64
  /// Of them, answered by another than the first model.
  public let fallbacks: Int64
  /// From 0 to 1.
  public let ratio: Double
  /// What calls fell back for.
  public let reasons: [String: Int64]

  /// `nil`: there is nothing to tell.
  public init?(_ report: FleetReport, domain: String?) {
    switch report.alert {
    case .begins: state = "begins"
    case .ends: state = "ends"
    case .none, .goesOn: return nil
    }
    self.domain = domain
    calls = report[.calls]
    fallbacks = report[.fallbacks]
    ratio = Double(report.fallbacksPerMille) / 1_000
    reasons = report.fallbackReasons
  }
}
