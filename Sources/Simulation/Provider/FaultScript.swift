import Synchronization

/// Which fault a call meets: the first of the list that applies.
final class FaultScript: Sendable {
  private struct Entry {
    var fault: ProviderFault
    /// Calls that it would have met, and that it has met.
    var seen = 0
    var met = 0
    var first: Double?
  }

  private let entries: Mutex<[Entry]>
  private let origin = Mutex(0.0)

  init(_ faults: [ProviderFault]) { entries = Mutex(faults.map { Entry(fault: $0) }) }

  /// Times of faults count from here on.
  func start(at seconds: Double) { origin.withLock { $0 = seconds } }

  /// Whether none of those that were met could be met any more.
  ///
  /// - Parameter seconds: on the clock of the faults' times.
  func isOver(after seconds: Double) -> Bool {
    entries.withLock { entries in
      entries.allSatisfy { entry in
        guard let first = entry.first else { return true }
        let end = min(entry.fault.to ?? .infinity, first + (entry.fault.lasts ?? .infinity))
        return seconds >= end || entry.met >= entry.fault.count ?? .max
      }
    }
  }

  /// - Parameter seconds: since the provider's start.
  func fault(model: String, at seconds: Double) -> ProviderFault? {
    let seconds = seconds - origin.withLock { $0 }
    return entries.withLock { entries in
      for index in entries.indices {
        let fault = entries[index].fault
        guard seconds >= fault.from ?? 0, seconds < fault.to ?? .infinity, fault.model ?? model == model,
          seconds < (entries[index].first ?? seconds) + (fault.lasts ?? .infinity)
        else {
          continue
        }
        entries[index].seen += 1
        guard entries[index].seen % max(fault.every ?? 1, 1) == 0, entries[index].met < fault.count ?? .max else {
          continue
        }
        entries[index].met += 1
        entries[index].first = entries[index].first ?? seconds
        return fault
      }
      return nil
    }
  }
}
