/// How soon all was well again after the last fault that a call met.
package struct ChainRecovery: Sendable, Equatable {
  package enum Kind: String, Codable, Sendable {
    /// No call met a fault.
    case noFaults = "no_faults"
    /// Calls that began after the last fault were answered by a model.
    case back
    /// Calls began after the last fault, and no model answered any of them.
    case never
    /// The faults lasted as long as calls came, or no call came after them.
    case unknown
  }

  package var kind: Kind
  /// Of ``Kind/back``: from the last fault until no call met a failure or a cooldown any more.
  package var microseconds: Int64?

  /// - Parameters:
  ///   - calls: all of the run.
  ///   - lastFault: when a call met the last one, in microseconds since 1970; `nil`: none did.
  ///   - areOver: no fault could be met any more before the calls' end.
  init(of calls: [CallRecord], lastFault: Int64?, areOver: Bool) {
    guard let lastFault else {
      kind = .noFaults
      return
    }
    let later = calls.filter { $0.beganAt ?? .min > lastFault }
    guard areOver, !later.isEmpty else {
      kind = .unknown
      return
    }
    guard later.contains(where: { $0.outcome == .completed }) else {
      kind = .never
      return
    }
    kind = .back
    microseconds = max((calls.compactMap(\.troubledUntil).max() ?? lastFault) - lastFault, 0)
  }
}
