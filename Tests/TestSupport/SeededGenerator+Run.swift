import Foundation
package import SeededRandom

extension SeededGenerator {
  /// The seed of this run: `LIMITERD_SEED` in the environment, or a random one.
  package static let seedOfThisRun: UInt64 =
    ProcessInfo.processInfo.environment["LIMITERD_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...(1 << 53))

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
