internal import Hiredis

/// Walks over a flat array of texts and numbers.
struct FlatReader {
  private var parts: ArraySlice<Reply>

  init(_ reply: Reply) throws(LimiterRedisError) {
    guard let parts = reply.array else { throw .malformedAnswer("expected a list") }
    self.parts = parts[...]
  }

  mutating func text() throws(LimiterRedisError) -> String {
    guard let text = parts.popFirst()?.string else { throw .malformedAnswer("expected a text") }
    return text
  }

  /// A number, or a text that is one.
  mutating func number() throws(LimiterRedisError) -> Int64 {
    guard let part = parts.popFirst(), let number = part.int ?? part.string.flatMap({ Int64($0) }) else {
      throw .malformedAnswer("expected a number")
    }
    return number
  }
}
