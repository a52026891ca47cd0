/// What one group did to one domain: collected while its commands are applied, judged at its end.
struct GroupChanges {
  let domain: String
  struct Stamp {
    var before: Int64
    var added: [WindowEntry] = []
    var removed: [WindowEntry] = []
  }

  struct Window {
    var stamps: [Int64: Stamp] = [:]
    /// Operations that stood in the window before the group, of the entries that it adds.
    var stampOfOperationBefore: [String: Int64] = [:]
  }

  init(domain: String) { self.domain = domain }

  var windows: [String: Window] = [:]
  /// The running total was written or removed, or its window was.
  var sums: Set<String> = []
  var budgets: Set<DomainState.BudgetKey> = []
  var heldBefore: [DomainState.BudgetKey: Int64] = [:]
  var slots: Set<String> = []
  var slotsBefore: [String: Int64] = [:]
  /// The server removed keys by itself, because their time had come.
  var isExpiry = false
  var role = GroupRole.unknown
}
