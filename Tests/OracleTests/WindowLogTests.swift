import SeededRandom
import Testing

@testable import Oracle

/// The log keeps sums as it goes; here they are counted again from a plain list after every step.
@Suite struct WindowLogTests {
  @Test func `agrees with a plain list over random operations`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    func below(_ bound: Int64) -> Int64 { Int64(random.next() % UInt64(bound)) }
    for _ in 0..<60 {
      var log = WindowLog()
      var list: [WindowEntry] = []
      var horizon: Int64 = 0
      var number = 0
      func sorted() -> [WindowEntry] {
        list.sorted { $0.stamp == $1.stamp ? $0.member.lexicographicallyPrecedes($1.member) : $0.stamp < $1.stamp }
      }
      for _ in 0..<300 {
        switch below(6) {
        case 0, 1, 2:
          number += 1
          let member = Array("op\(number):\(below(9) - 2)".utf8)
          guard let entry = WindowEntry(member: member, stamp: horizon + below(40) - 10) else { continue }
          log.add(entry)
          list.append(entry)
        case 3:
          guard let entry = list.randomElement(using: &random) else { continue }
          #expect(log.remove(entry.member) == entry)
          list.removeAll { $0.member == entry.member }
        case 4:
          horizon += below(10)
          log.advance(to: horizon)
        default:
          let low = below(6) - 3
          let high = below(6) - 3
          let ordered = sorted()
          let from = max(0, low < 0 ? low + Int64(ordered.count) : low)
          let to = min(Int64(ordered.count) - 1, high < 0 ? high + Int64(ordered.count) : high)
          let expected = from <= to ? Array(ordered[Int(from)...Int(to)]) : []
          #expect(log.remove(ranks: low, high) == expected)
          list.removeAll { entry in expected.contains { $0.member == entry.member } }
        }
        #expect(log.entries == sorted())
        #expect(log.total == list.reduce(0) { $0 + $1.amount })
        #expect(log.liveSum == list.filter { $0.stamp > log.horizon }.reduce(0) { $0 + $1.amount })
        #expect(log.lastStamp == list.map(\.stamp).max())
      }
    }
  }

  @Test func `compacts itself without losing count`() {
    var log = WindowLog()
    for number in 0..<10_000 {
      let stamp = Int64(number)
      if let entry = WindowEntry(member: Array("op\(number):1".utf8), stamp: stamp) { log.add(entry) }
      log.advance(to: stamp - 10)
      if number >= 20 { #expect(log.remove(ranks: 0, 0).count == 1) }
      #expect(log.liveSum == Int64(min(number + 1, 10)))
    }
    #expect(log.count == 20)
  }
}
