import Foundation

/// How many permits workers have been granted so far, read from the ends of their logs as they grow.
struct GrantCounter {
  private var offsets: [Int: UInt64] = [:]
  /// The last byte of each.
  private var ends: [Int: UInt8] = [:]
  private(set) var total = 0

  mutating func look(_ workers: [TrialWorkerProcess]) {
    for worker in workers {
      guard let handle = FileHandle(forReadingAtPath: worker.log) else { continue }
      defer { try? handle.close() }
      try? handle.seek(toOffset: offsets[worker.number] ?? 0)
      guard let data = try? handle.readToEnd() else { continue }
      offsets[worker.number, default: 0] += UInt64(data.count)
      var previous = ends[worker.number] ?? 10
      for byte in data {
        if previous == 10, byte == UInt8(ascii: "g") { total += 1 }
        previous = byte
      }
      ends[worker.number] = previous
    }
  }
}
