import Foundation
import SeededRandom

extension SeededGenerator {
  /// Above 0, at most 1, with 53 random bits.
  mutating func unit() -> Double { (Double(next() >> 11) + 1) / Double(1 << 53) }

  /// Mean 0, deviation 1 (Box and Muller).
  mutating func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()) }

  mutating func exponential(mean: Double) -> Double { -mean * log(unit()) }
}
