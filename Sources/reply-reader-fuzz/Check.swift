#if canImport(Hiredis)
  import Hiredis
#endif

/// What must hold for any bytes that a peer may send; breaking it ends the process, which is how a fuzzer is told.
enum Check {
  /// The first two bytes choose bounds and cuts; the rest is the stream.
  static func run(_ input: [UInt8]) {
    guard input.count >= 2 else { return }
    let limits = bounds[Int(input[0]) % bounds.count]
    let stream = input[2...]
    let whole = outcome(of: [stream], limits)
    let size = Int(input[1]) + 1
    let pieces = stride(from: stream.startIndex, to: stream.endIndex, by: size).map {
      stream[$0..<min($0 + size, stream.endIndex)]
    }
    let cut = outcome(of: pieces, limits)
    // Only the bound on unread bytes may tell the difference: it counts what comes at once.
    if whole.error?.code != .tooLarge, cut.error?.code != .tooLarge {
      precondition(whole == cut, "the answer depends on where the stream was cut, every \(size) bytes")
    }
    let again = outcome(of: [whole.replies.flatMap(serialized)[...]], ReplyLimits())
    precondition(
      again.error == nil && again.replies == whole.replies, "what was read, written again, reads differently")
  }

  private static let bounds = [
    ReplyLimits(),
    ReplyLimits(
      maximumUnconsumedBytes: 300, maximumBulkLength: 50, maximumLineLength: 20, maximumElements: 10, maximumNesting: 2),
    ReplyLimits(maximumBulkLength: 0, maximumLineLength: 0, maximumElements: 0, maximumNesting: 0),
  ]

  private struct Outcome: Equatable {
    var replies: [Reply] = []
    var error: HiredisError?
  }

  private static func outcome(of pieces: [ArraySlice<UInt8>], _ limits: ReplyLimits) -> Outcome {
    var outcome = Outcome()
    var reader = ReplyReader(limits: limits)
    do throws(HiredisError) {
      for piece in pieces {
        try reader.feed(Array(piece))
        while let reply = try reader.next() { outcome.replies.append(reply) }
      }
    } catch {
      outcome.error = error
      precondition(isPoisoned(&reader, by: error), "a reader that has failed answered something else than its error")
    }
    return outcome
  }

  private static func isPoisoned(_ reader: inout ReplyReader, by error: HiredisError) -> Bool {
    do throws(HiredisError) {
      _ = try reader.next()
      return false
    } catch let second {
      return second == error
    }
  }

  private static func serialized(_ reply: Reply) -> [UInt8] {
    switch reply {
    case .status(let text): Array("+\(text)\r\n".utf8)
    case .error(let text): Array("-\(text)\r\n".utf8)
    case .integer(let number): Array(":\(number)\r\n".utf8)
    case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + [13, 10]
    case .null: Array("$-1\r\n".utf8)
    case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(serialized)
    }
  }
}
