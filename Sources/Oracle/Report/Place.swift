/// Where in a history something stands: a file and the byte at which its command (or its group) begins.
package struct Place: Codable, Sendable, Hashable, CustomStringConvertible {
  package var file: String
  package var offset: Int

  package init(file: String, offset: Int) {
    self.file = file
    self.offset = offset
  }

  package var description: String { "\(file)@\(offset)" }
}
