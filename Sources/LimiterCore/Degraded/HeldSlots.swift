/// Slots of a limit that a process holds.
package struct HeldSlots: Sendable, Hashable {
  /// All of them.
  package var all: Int64
  /// Of them, those that its local share has granted, and of which Redis was not told.
  package var local: Int64

  package init(all: Int64, local: Int64 = 0) {
    self.all = all
    self.local = local
  }

  static let none = HeldSlots(all: 0)
}
