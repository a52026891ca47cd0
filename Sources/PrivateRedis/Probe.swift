import Foundation

/// One PING over the Unix socket, by blocking calls.
struct Probe {
  enum Answer: Hashable {
    /// It answers commands.
    case ready
    /// It listens, and still loads its data.
    case loading
    /// It does not listen, or did not answer in time.
    case silent
    /// It refused in these words.
    case refused(String)
  }

  static let maximumPathLength = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  let socketPath: String
  let credentials: [String]?

  /// Takes at most a second.
  func ask() -> Answer {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return .silent }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 0, tv_usec: 500_000)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    guard connect(descriptor) else { return .silent }
    let commands = (credentials.map { [["AUTH"] + $0] } ?? []) + [["PING"]]
    let request = commands.map(Self.encoded).joined()
    guard send(Array(request), to: descriptor) else { return .silent }
    for _ in commands.dropLast() {
      guard let line = line(from: descriptor) else { return .silent }
      guard line.hasPrefix("+") else { return line.hasPrefix("-LOADING") ? .loading : .refused(line) }
    }
    guard let line = line(from: descriptor) else { return .silent }
    if line.hasPrefix("+PONG") { return .ready }
    return line.hasPrefix("-LOADING") ? .loading : .refused(line)
  }

  private static func encoded(_ arguments: [String]) -> [UInt8] {
    Array("*\(arguments.count)\r\n".utf8) + arguments.flatMap { Array("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
  }

  private func connect(_ descriptor: CInt) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socketPath.utf8)
    guard path.count <= Self.maximumPathLength else { return false }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in unsafe target.copyBytes(from: path) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  private func send(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe Glibc.send(descriptor, buffer.baseAddress, buffer.count, CInt(MSG_NOSIGNAL)) == buffer.count
    }
  }

  /// One line of the answer, without its end; nil if it did not come in time.
  private func line(from descriptor: CInt) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 1_000 {
      guard unsafe recv(descriptor, &byte, 1, 0) == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { break }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }
}
