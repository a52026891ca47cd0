import Foundation
package import SeededRandom

extension SeededGenerator {
  /// The seed of this run: `LIMITERD_SEED` in the environment, or a random one. The run ends where that is no number: another seed than somebody
  /// asked for would prove nothing.
  package static let seedOfThisRun: UInt64 = {
    guard let text = ProcessInfo.processInfo.environment["LIMITERD_SEED"], !text.isEmpty else {
      return .random(in: 1...(1 << 53))
    }
    guard let seed = UInt64(text) else {
      fatalError("LIMITERD_SEED: expected a number from 0 to 2^64 - 1, got `\(text)`")
    }
    return seed
  }()

  /// A generator for one test, which prints what is needed to run it again.
  ///
  /// - Parameter purpose: the test's name; it is mixed into the seed, so that two tests of a run do not walk the same path.
  package init(for purpose: String) {
    var seed = Self.seedOfThisRun
    for byte in purpose.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self.init(seed: seed)
    print("\(purpose): LIMITERD_SEED=\(Self.seedOfThisRun)")
  }
}
