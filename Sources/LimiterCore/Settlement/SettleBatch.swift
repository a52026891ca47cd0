/// Permits that are settled in one step.
package struct SettleBatch: Sendable {
  /// Lengths in microseconds of the windows to which usage may be added, by key name.
  package var windowLengths: [String: Int64]
  package var items: [Item]
  /// The id of the state that the caller knows; `nil`: whatever there is.
  package var epoch: String?

  package init(windowLengths: [String: Int64] = [:], items: [Item], epoch: String? = nil) {
    self.epoch = epoch
    self.windowLengths = windowLengths
    self.items = items
  }

  /// One permit.
  package struct Item: Sendable, Hashable {
    /// The permit's id, unique over all processes.
    package let id: String
    package let session: String
    /// The permit's name in its session.
    package let permit: String
    package var grantedAt: ServerTime
    package var ending: Ending

    /// - Parameter id: ``id(session:permit:)``, where it is known already.
    package init(session: String, permit: String, grantedAt: ServerTime, ending: Ending, id: String? = nil) {
      self.id = id ?? Self.id(session: session, permit: permit)
      self.session = session
      self.permit = permit
      self.grantedAt = grantedAt
      self.ending = ending
    }

    /// The id of a permit of a session.
    package static func id(session: String, permit: String) -> String {
      "\(session)/\(permit)"
    }
  }

  /// How a permit ends.
  package enum Ending: Sendable, Hashable {
    /// What stays charged, in the order of the permit's reservations; `nil`: as reserved.
    case settled([Int64?])
    /// The outcome is unknown: charged as reserved and listed.
    case abandoned
  }
}

/// What became of a permit that was settled.
public enum SettleOutcome: Int64, Sendable, Hashable {
  /// The permit is unknown, or was settled before. Nothing was done.
  case gone = 0
  /// Settled now.
  case settled = 1
  /// Settled now; it had ended as abandoned before, and was charged as reserved until now.
  case settledLate = 2
  /// Refused: the amounts do not fit the permit. Nothing was done.
  case refused = 3
}
