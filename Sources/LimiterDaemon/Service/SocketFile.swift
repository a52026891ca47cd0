import Foundation
import NIOCore

/// The file of a Unix socket: who listens there, and whether it is ours.
struct SocketFile: Sendable {
  /// What the system accepts, without the zero at the end.
  static let longestPath = 107

  let path: String

  /// Makes room for a listener: removes the file of one that has died.
  ///
  /// - Throws: `addressInUse` when somebody listens there, `cannotListen` when something else is in the way.
  func prepare() throws(DaemonError) {
    guard (1...Self.longestPath).contains(path.utf8.count) else {
      throw DaemonError(
        .cannotListen,
        "expected a socket's path of 1 to \(Self.longestPath) bytes, \(path) has \(path.utf8.count): choose a shorter one"
      )
    }
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
      throw DaemonError(.cannotListen, "the folder \(folder) could not be made: \(error.localizedDescription)")
    }
    guard let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType else {
      return
    }
    guard type == .typeSocket else {
      throw DaemonError(
        .cannotListen, "expected a socket at \(path), something else is there: move it, or choose another path")
    }
    guard !somebodyListens else {
      throw DaemonError(
        .addressInUse, "another process listens at \(path) already: stop it, or choose another path with --socket")
    }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw DaemonError(.cannotListen, "the stale socket \(path) could not be removed: \(error.localizedDescription)")
    }
  }

  /// A socket that is bound there. Nobody can connect before it listens, and its file has its permissions by then.
  func bindSocket(mode: Int) throws(DaemonError) -> CInt {
    let descriptor = Self.makeSocket()
    guard descriptor >= 0, withAddress({ bind(descriptor, $0, $1) }) == 0 else {
      let reason = IOError(errnoCode: errno, reason: "bind")
      if descriptor >= 0 { close(descriptor) }
      throw DaemonError.cannotListen(at: path, option: "--socket", reason)
    }
    do { try setMode(mode) } catch {
      remove(identity)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Which file the path is now, to remove no other's later.
  var identity: FileIdentity? {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let device = (attributes[.systemNumber] as? NSNumber)?.uint64Value,
      let node = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
    else { return nil }
    return FileIdentity(device: device, node: node)
  }

  private func setMode(_ mode: Int) throws(DaemonError) {
    guard chmod(path, mode_t(mode)) == 0 else {
      throw DaemonError(
        .cannotListen, "the permissions of \(path) could not be set: \(String(cString: strerror(errno)))")
    }
  }

  func remove(_ identity: FileIdentity?) {
    guard let identity, identity == self.identity else { return }
    unlink(path)
  }

  /// Whether a connection is accepted there. Returns at once: the peer is on this machine.
  private var somebodyListens: Bool {
    let descriptor = Self.makeSocket()
    guard descriptor >= 0 else { return true }
    defer { close(descriptor) }
    let result = withAddress { connect(descriptor, $0, $1) }
    // A full backlog (EAGAIN) or a missing permission (EACCES) is somebody, too.
    return result == 0 || (errno != ECONNREFUSED && errno != ENOENT)
  }

  private static func makeSocket() -> CInt {
    socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
  }

  /// The path as the system wants it; it is no longer than ``longestPath``.
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
}

/// A file, whatever it is called.
struct FileIdentity: Sendable, Hashable {
  var device: UInt64
  var node: UInt64
}
