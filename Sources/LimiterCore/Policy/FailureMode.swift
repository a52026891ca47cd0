/// What decides on a limit while Redis gives no answer.
public enum FailureMode: String, Sendable, Hashable, CaseIterable, Codable {
  /// Nothing: calls that need it are not admitted.
  case closed
  /// This process alone, within its share: what was left as it last knew, divided by the number of processes that share the limit.
  case local
  /// Nobody: calls pass.
  case open
}
