import Foundation
import PrivateRedis
import TestSupport

/// What systemd would listen at.
final class NotifySocket: Sendable {
  let path: String
  private let folder: GuardedDirectory
  private let messages = Recorder<String>()
  private let descriptor: Int32

  /// - Parameter reads: whether anybody takes what is sent there.
  init(reads: Bool = true) throws {
    folder = try GuardedDirectory(named: "notify")
    path = folder.path + "/notify.sock"
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    self.descriptor = descriptor
    guard withAddress({ bind(descriptor, $0, $1) }) == 0 else { throw POSIXError(.EINVAL) }
    guard reads else { return }
    // A thread of its own: tests must not wait in the pool that all of them share.
    Thread.detachNewThread { [messages] in
      var bytes = [UInt8](repeating: 0, count: 4_096)
      while true {
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return }
        messages.record(String(decoding: bytes.prefix(count), as: UTF8.self))
      }
    }
  }

  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  /// Sends as much as it takes; for one that nobody reads.
  func fill() {
    let sender = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(sender) }
    let isConnected = withAddress { connect(sender, $0, $1) } == 0
    while isConnected, send(sender, "full", 4, Int32(MSG_DONTWAIT)) == 4 {}
  }

  private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  /// The datagram of this number, from 0.
  func message(_ index: Int) async throws -> String {
    try await messages.wait(count: index + 1)[index]
  }
}
