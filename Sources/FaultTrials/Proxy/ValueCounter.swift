/// Counts whole values in a stream of Redis' protocol, requests as well as replies, however the stream is cut into pieces.
///
/// It trusts the stream: both ends are programs of ours. A stream that is no RESP counts as nothing.
struct ValueCounter {
  /// How many values of each open array are still to come.
  private var open: [Int] = []
  private var line: [UInt8] = []
  /// Bytes of a bulk string that are still to come, with its line end.
  private var bulk = 0

  /// - Returns: how many values have come to their end in this piece.
  mutating func feed(_ piece: some Sequence<UInt8>) -> Int {
    var ended = 0
    for byte in piece {
      if bulk > 0 {
        bulk -= 1
        if bulk == 0, end() { ended += 1 }
      } else if byte == UInt8(ascii: "\n") {
        if take(line) { ended += 1 }
        line.removeAll(keepingCapacity: true)
      } else if byte != UInt8(ascii: "\r"), line.count < 32 {
        line.append(byte)
      }
    }
    return ended
  }

  /// - Returns: whether a value of the outermost level ended with this line.
  private mutating func take(_ line: [UInt8]) -> Bool {
    let count = Int(String(decoding: line.dropFirst(), as: UTF8.self)) ?? -1
    switch line.first {
    case UInt8(ascii: "$") where count >= 0:
      bulk = count + 2
      return false
    case UInt8(ascii: "*") where count > 0:
      open.append(count)
      return false
    default: return end()
    }
  }

  private mutating func end() -> Bool {
    while let left = open.last {
      if left > 1 {
        open[open.count - 1] = left - 1
        return false
      }
      open.removeLast()
    }
    return true
  }
}
