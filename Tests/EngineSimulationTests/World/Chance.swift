import SeededRandom
import TestSupport

/// Chance that comes again with the same seed. Each part of a world has one of its own, so that a change in one leaves the others alone.
final class Chance {
  private var generator: SeededGenerator

  init(_ seed: UInt64, _ part: UInt64) {
    var mixer = SeededGenerator(seed: seed &+ part &* 0x9e37_79b9_7f4a_7c15)
    generator = SeededGenerator(seed: mixer.next())
  }

  func next() -> UInt64 { generator.next() }

  /// True so many times in a thousand.
  func happens(_ perMille: Int) -> Bool { perMille > 0 && Int(generator.next() % 1_000) < perMille }

  func number(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(generator.next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  func pick<Element>(_ elements: [Element]) -> Element { elements[Int(generator.next() % UInt64(elements.count))] }
}
