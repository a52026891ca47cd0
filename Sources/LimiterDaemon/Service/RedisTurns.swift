import DequeModule

/// What clients ask Redis through this daemon, beside the engine: so many commands at once, and the others wait for their turn. So nobody
/// fills the connection over which everybody's calls are admitted.
struct RedisTurns {
  private var underWay = 0
  private var waiting: Deque<(cost: Int, run: () -> Void)> = []

  /// Whoever may begin now.
  mutating func next() -> (() -> Void)? {
    guard let first = waiting.first, underWay == 0 || underWay + first.cost <= DaemonBounds.queries else { return nil }
    underWay += first.cost
    return waiting.removeFirst().run
  }

  mutating func append(cost: Int, _ run: @escaping () -> Void) { waiting.append((cost, run)) }

  mutating func done(cost: Int) { underWay -= cost }
}
