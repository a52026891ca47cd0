/// The base file of a multi-part append-only file is a snapshot (RDB). An empty one is how every fresh server begins;
/// one with data holds state without its history, which cannot be judged.
enum SnapshotPreamble {
  static let magic = Array("REDIS".utf8)

  /// - Returns: the number of bytes of the (empty) snapshot, with its checksum.
  static func skipEmpty(_ bytes: [UInt8], file: String) throws(OracleError) -> Int {
    var cursor = Cursor(bytes: bytes, file: file)
    cursor.at = 9  // "REDIS" and four digits of the version
    while true {
      switch try cursor.byte() {
      case 0xFA:  // an auxiliary field: name and value
        try cursor.skipString()
        try cursor.skipString()
      case 0xFF:  // the end, then 8 bytes of checksum
        let end = cursor.at + 8
        guard end <= bytes.count else { throw cursor.cut() }
        return end
      default:
        throw OracleError(
          .snapshot,
          "\(file) is a snapshot with data: its history is lost, so it cannot be judged. "
            + "Start the server empty and with `auto-aof-rewrite-percentage 0`, and send no BGREWRITEAOF.")
      }
    }
  }

  private struct Cursor {
    let bytes: [UInt8]
    let file: String
    var at = 0

    func cut() -> OracleError {
      OracleError(
        .malformed, "\(file): expected the end of a snapshot, came the end of the file at byte \(bytes.count)")
    }

    mutating func byte() throws(OracleError) -> UInt8 {
      guard at < bytes.count else { throw cut() }
      defer { at += 1 }
      return bytes[at]
    }

    mutating func skipString() throws(OracleError) {
      let first = try byte()
      switch first >> 6 {
      case 0: at += Int(first & 0x3F)
      case 1: at += Int(first & 0x3F) << 8 | Int(try byte())
      case 2:
        var length = 0
        for _ in 0..<4 { length = length << 8 | Int(try byte()) }
        at += length
      default:  // an integer of 1, 2 or 4 bytes
        guard first & 0x3F < 3 else {
          throw OracleError(
            .malformed, "\(file)@\(at - 1): expected a plain auxiliary field of a snapshot, came an encoded one")
        }
        at += 1 << Int(first & 0x3F)
      }
    }
  }
}
