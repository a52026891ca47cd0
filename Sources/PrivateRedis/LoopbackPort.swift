import Foundation

/// Finds a TCP port that nobody listens on.
enum LoopbackPort {
  /// A free port now. Somebody else may take it before it is used: whoever gets it tries again with another.
  ///
  /// At most 50,000, so that a cluster's bus (the port plus 10,000) has one too.
  static func free() throws(PrivateRedisError) -> Int {
    for _ in 0..<1_000 {
      let candidate = Int.random(in: 20_000...50_000)
      if isFree(candidate) { return candidate }
    }
    throw PrivateRedisError(.systemCallFailed, "found no free TCP port on 127.0.0.1 in 1,000 tries")
  }

  static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var reuse: CInt = 1
    // As Redis does: connections of a former owner that are still closing do not count.
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
