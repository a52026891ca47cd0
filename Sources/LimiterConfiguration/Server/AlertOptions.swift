/// Who is told of what: the key `alerts` of the policy's file.
public struct AlertOptions: Sendable, Hashable {
  /// More than this share of the calls of five minutes, in thousandths, answered by fallbacks; `nil`: nobody is told.
  public var fallbacksPerMille: Int64? = 100
  /// Calls of five minutes below which their share says nothing.
  public var leastCalls: Int64 = 20
  /// A URL that is told, too; it may carry a secret.
  public var webhook: String?

  /// The defaults: a warning in the log above 10 %.
  public init() {}
}
