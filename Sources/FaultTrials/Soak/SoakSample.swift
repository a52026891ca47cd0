/// One look at everything that could grow or drift.
package struct SoakSample: Sendable, Codable {
  package var seconds: Double
  /// Redis' time of the last admission, microseconds.
  package var clock: Int64
  /// Per limiterd.
  package var residentKilobytes: [Int]
  package var files: [Int]
  package var keys: Int
  package var redisKilobytes: Int
  /// How far running totals are off what they are the totals of.
  package var windowDrift: Int64
  package var slotDrift: Int64
  package var heldDrift: Int64
  /// Entries of all windows' logs.
  package var entries: Int

  var drift: Int64 { windowDrift + slotDrift + heldDrift }

  package var row: String {
    "| \(Int(seconds)) s | \(residentKilobytes.map { "\($0 / 1_024)" }.joined(separator: ", ")) MB | "
      + "\(files.map(String.init).joined(separator: ", ")) | \(keys) | \(redisKilobytes) kB | \(entries) | \(drift) |"
  }

  package static let head = """
    | after | limiterds' memory | open files | keys in Redis | Redis' memory | entries | drift |
    | --- | --- | --- | --- | --- | --- | --- |
    """
}
