/// Why bytes are no JSON that is taken here.
package struct JSONError: Error, Hashable, CustomStringConvertible {
  package var expected: String
  /// Bytes before the place.
  package var offset: Int

  package var description: String { "expected \(expected) at byte \(offset + 1)" }
}
