import Hiredis

/// What a reader answered to a stream: the replies, then the error if one came.
struct Outcome: Hashable {
  var replies: [Reply] = []
  var error: HiredisError?

  /// Feeds the pieces one after the other and asks for replies after each.
  init(pieces: [ArraySlice<UInt8>], limits: ReplyLimits = .init()) {
    var reader = ReplyReader(limits: limits)
    do throws(HiredisError) {
      for piece in pieces {
        try reader.feed(Array(piece))
        while let reply = try reader.next() { replies.append(reply) }
      }
    } catch {
      self.error = error
    }
  }

  init(whole bytes: [UInt8], limits: ReplyLimits = .init()) { self.init(pieces: [bytes[...]], limits: limits) }

  init(_ text: String, limits: ReplyLimits = .init()) { self.init(whole: Array(text.utf8), limits: limits) }
}

/// A reply as a server writes it; by the letter of the protocol, not by hiredis.
func serialized(_ reply: Reply) -> [UInt8] {
  switch reply {
  case .status(let text): Array("+\(text)\r\n".utf8)
  case .error(let text): Array("-\(text)\r\n".utf8)
  case .integer(let number): Array(":\(number)\r\n".utf8)
  case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
  case .null: Array("$-1\r\n".utf8)
  case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(serialized)
  }
}

func randomReply(nesting: Int = 0, using generator: inout some RandomNumberGenerator) -> Reply {
  switch Int.random(in: 0..<(nesting < 7 ? 8 : 6), using: &generator) {
  case 0: .status(["", "OK", "PONG", "QUEUED", "täglich 5 €"].randomElement(using: &generator) ?? "")
  case 1:
    .error(["ERR no", "NOSCRIPT No matching script.", "MOVED 1 127.0.0.1:7"].randomElement(using: &generator) ?? "")
  case 2:
    .integer(
      [0, -1, .max, .min, Int64.random(in: -999...999, using: &generator)].randomElement(using: &generator) ?? 0)
  case 3: .null
  case 4, 5: .bulk(randomBytes(upTo: Bool.random(using: &generator) ? 8 : 300, using: &generator))
  default:
    .array(
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in randomReply(nesting: nesting + 1, using: &generator) })
  }
}

func randomBytes(upTo maximum: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
  (0..<Int.random(in: 0...maximum, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

func cut(_ bytes: [UInt8], using generator: inout some RandomNumberGenerator) -> [ArraySlice<UInt8>] {
  var pieces: [ArraySlice<UInt8>] = []
  var start = 0
  while start < bytes.count {
    let end = min(bytes.count, start + Int.random(in: 1...max(1, bytes.count / 2), using: &generator))
    pieces.append(bytes[start..<end])
    start = end
  }
  return pieces
}
