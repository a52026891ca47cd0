import Foundation

/// SplitMix64: small, fast, and the same sequence on every machine for the same seed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// The seed of this run: `LIMITERD_SEED` in the environment, or a random one.
  package static let seedOfThisRun: UInt64 =
    ProcessInfo.processInfo.environment["LIMITERD_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...(1 << 53))

  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// A generator for one test, which prints what is needed to run it again.
  ///
  /// - Parameter purpose: the test's name; it is mixed into the seed, so that two tests of a run do not walk the same path.
  package init(for purpose: String) {
    var seed = Self.seedOfThisRun
    for byte in purpose.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self.init(seed: seed)
    print("\(purpose): LIMITERD_SEED=\(Self.seedOfThisRun)")
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
