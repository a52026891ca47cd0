/// What a soak has shown.
package struct SoakReport: Sendable, Codable {
  package var samples: [SoakSample]
  package var atRest: SoakSample
  package var slotsAreFree: Bool
  package var heldAtRest: Int64
  package var kills: Int
  package var troubles: [String]

  /// Memory may be so much more in the last third than in the one before; allocators keep what they have once needed.
  private static let memoryGrowth = 1.1
  private static let fewKilobytes = 4_096
  private static let fewFiles = 4
  private static let fewKeys = 16

  /// What grew, drifted or stayed.
  package var violations: [String] {
    var found = troubles
    for sample in samples + [atRest] where sample.drift != 0 {
      found.append(
        "drift after \(Int(sample.seconds)) s: windows \(sample.windowDrift), slots \(sample.slotDrift), held \(sample.heldDrift)"
      )
    }
    if !slotsAreFree { found.append("slots are taken at rest") }
    if heldAtRest != 0 { found.append("\(heldAtRest) nanodollars are held at rest") }
    let third = samples.count / 3
    guard third > 0 else { return found + ["too short to see growth"] }
    let (middle, last) = (samples[third..<(2 * third)], samples[(2 * third)...])
    for index in atRest.residentKilobytes.indices {
      let (before, after) = (most(middle) { $0.residentKilobytes[index] }, most(last) { $0.residentKilobytes[index] })
      if Double(after) > Double(before) * Self.memoryGrowth + Double(Self.fewKilobytes) {
        found.append("limiterd \(index + 1) grew from \(before) to \(after) kB")
      }
      let files = (most(middle) { $0.files[index] }, most(last) { $0.files[index] })
      if files.1 > files.0 + Self.fewFiles {
        found.append("limiterd \(index + 1) had \(files.0) open files, then \(files.1)")
      }
    }
    let keys = (most(middle, \.keys), most(last, \.keys))
    if keys.1 > keys.0 + Self.fewKeys { found.append("Redis had \(keys.0) keys, then \(keys.1)") }
    return found
  }

  private func most(_ samples: ArraySlice<SoakSample>, _ value: (SoakSample) -> Int) -> Int {
    samples.map(value).max() ?? 0
  }

  /// A table of about twenty rows.
  package var text: String {
    let step = max(samples.count / 20, 1)
    let rows = samples.enumerated().filter { $0.offset % step == 0 || $0.offset == samples.count - 1 }.map(
      \.element.row)
    return ([SoakSample.head] + rows + [atRest.row, "", "The last row is at rest. \(kills) workers were killed."])
      .joined(separator: "\n")
  }
}
