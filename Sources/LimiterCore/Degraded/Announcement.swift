/// What a process tells a Redis that does not know it: what it has admitted by itself, or all that it knows when state was lost.
package struct Announcement: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    package var stamp: Int64
    package var amount: Int64

    package init(stamp: Int64, amount: Int64) {
      self.stamp = stamp
      self.amount = amount
    }
  }

  package struct Window: Sendable, Hashable {
    /// `window:<limit>`
    package var name: String
    /// In microseconds.
    package var length: Int64
    package var entries: [Entry]

    package init(name: String, length: Int64, entries: [Entry]) {
      self.name = name
      self.length = length
      self.entries = entries
    }
  }

  package struct Budget: Sendable, Hashable {
    /// `budget:<limit>:<period>`
    package var name: String
    /// Of its period, in microseconds; 0: it has none.
    package var end: Int64
    /// How long its counters stay after that, in milliseconds.
    package var keep: Int64
    /// Spent and held, as far as is known.
    package var used: Int64

    package init(name: String, end: Int64, keep: Int64, used: Int64) {
      self.name = name
      self.end = end
      self.keep = keep
      self.used = used
    }
  }

  /// A permit that is held, or whose settlement waits.
  package struct Permit: Sendable, Hashable {
    /// `<session>/<name>`
    package var id: String
    package var grantedAt: ServerTime
    package var holdUntil: ServerTime
    package var needs: [LimitNeed]

    package init(id: String, grantedAt: ServerTime, holdUntil: ServerTime, needs: [LimitNeed]) {
      self.id = id
      self.grantedAt = grantedAt
      self.holdUntil = holdUntil
      self.needs = needs
    }
  }

  package var windows: [Window] = []
  package var budgets: [Budget] = []
  package var permits: [Permit] = []

  package init() {}

  package var isEmpty: Bool { windows.isEmpty && budgets.isEmpty && permits.isEmpty }

  /// Parts that one script call can take: at most so many windows, budgets and permits each; at least one part. Budgets come first: they are
  /// there before a permit holds something of them.
  package func parts(of size: Int) -> [Announcement] {
    var parts = stride(from: 0, to: max(budgets.count, 1), by: size).map { start in
      var part = Announcement()
      part.budgets = Array(budgets.dropFirst(start).prefix(size))
      return part
    }
    let first = parts.count - 1
    for start in stride(from: 0, to: max(windows.count, permits.count), by: size) {
      if start > 0 { parts.append(Announcement()) }
      parts[first + start / size].windows = Array(windows.dropFirst(start).prefix(size))
      parts[first + start / size].permits = Array(permits.dropFirst(start).prefix(size))
    }
    return parts
  }
}
