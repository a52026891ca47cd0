/// Rows of a table, as people read them: columns as wide as they need, numbers to the right.
struct Table {
  private var rows: [[String]]

  init(_ header: String...) {
    rows = [header]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells.map(\.printable))
  }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return Int64(cell) != nil ? padding + cell : cell + padding
      }.joined(separator: "  ").trimmingEnd
    }.joined(separator: "\n")
  }
}

extension String {
  /// Names come from workers: what a terminal would obey is shown, not done.
  var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      text += scalar.isControl ? "\\x" + String(scalar.value, radix: 16) : String(scalar)
    }
  }

  fileprivate var trimmingEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { properties.generalCategory == .control || properties.generalCategory == .format }
}
