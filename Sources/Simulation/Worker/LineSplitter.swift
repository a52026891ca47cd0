import Foundation

/// Cuts bytes into lines, however they come.
struct LineSplitter {
  private var rest = Data()

  /// - Returns: the lines that are complete now, without their ends; `nil` if a line is longer than ``SimulationBounds/line``.
  mutating func feed(_ piece: Data) -> [Data]? {
    var lines: [Data] = []
    var start = piece.startIndex
    while let end = piece[start...].firstIndex(of: 10) {
      lines.append(rest + piece[start..<end])
      rest = Data()
      start = end + 1
    }
    rest.append(piece[start...])
    return rest.count <= SimulationBounds.line ? lines : nil
  }
}
