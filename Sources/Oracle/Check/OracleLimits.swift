/// What the caller says must hold. A name is the part of the key after `window:`, `budget:` or `slots:`;
/// a name that ends in `*` stands for all names with that beginning (the longest one counts).
package struct OracleLimits: Codable, Sendable {
  package struct Window: Codable, Sendable, Hashable {
    package var amount: Int64
    package var lengthMicroseconds: Int64

    /// - Parameters:
    ///   - amount: units admitted at most in one window.
    ///   - lengthMicroseconds: the window's length, with the guard, in microseconds.
    package init(amount: Int64, lengthMicroseconds: Int64) {
      precondition(lengthMicroseconds > 0, "a window is longer than 0 us")
      self.amount = amount
      self.lengthMicroseconds = lengthMicroseconds
    }
  }

  package var windows: [String: Window]
  package var budgets: [String: Int64]
  package var concurrency: [String: Int64]

  package init(windows: [String: Window] = [:], budgets: [String: Int64] = [:], concurrency: [String: Int64] = [:]) {
    self.windows = windows
    self.budgets = budgets
    self.concurrency = concurrency
  }

  static func find<Value>(_ name: String, in table: [String: Value]) -> Value? {
    if let exact = table[name] { return exact }
    let patterns = table.keys.filter { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) }
    return patterns.max { $0.utf8.count < $1.utf8.count }.flatMap { table[$0] }
  }
}
