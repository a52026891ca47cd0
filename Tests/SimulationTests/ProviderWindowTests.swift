import SeededRandom
import Testing

@testable import Simulation

@Suite struct ProviderWindowTests {
  private func window(_ amount: Int64) -> ProviderWindow {
    ProviderWindow(WindowRule(unit: .requests, amount: amount, length: .microseconds(100)))
  }

  @Test func `an entry leaves exactly one length after it came`() {
    var window = window(10)
    window.count(4, at: 0)
    #expect(window.used(at: 99) == 4)
    #expect(window.used(at: 100) == 0)
  }

  @Test func `the wait is until enough has left`() {
    var window = window(10)
    window.count(4, at: 0)
    window.count(6, at: 30)
    #expect(window.wait(for: 1, at: 50) == 50)
    #expect(window.wait(for: 4, at: 50) == 50)
    #expect(window.wait(for: 5, at: 50) == 80)
    #expect(window.wait(for: 11, at: 50) == nil)
    #expect(window.reset(at: 50) == 80)
    #expect(window.remaining(at: 50) == 0)
    #expect(window.wait(for: 4, at: 100) == 0)
    #expect(window.remaining(at: 100) == 4)
    #expect(window.reset(at: 130) == 0)
  }

  /// Never over, and never refused while there is room: against a plain list.
  @Test func `agrees with a plain list over random arrivals`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var window = window(50)
    var list: [(at: Int64, amount: Int64)] = []
    var now: Int64 = 0
    for _ in 0..<20_000 {
      now += Int64.random(in: 0...9, using: &random)
      let amount = Int64.random(in: 1...12, using: &random)
      let used = list.reversed().prefix { $0.at > now - 100 }.reduce(0) { $0 + $1.amount }
      #expect(window.used(at: now) == used)
      guard used + amount <= 50 else { continue }
      window.count(amount, at: now)
      list.append((now, amount))
    }
  }
}
