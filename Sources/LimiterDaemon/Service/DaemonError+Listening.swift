import Foundation
import NIOCore
import NIOPosix

extension DaemonError {
  /// Why nobody can listen at an address, and what to do.
  ///
  /// - Parameter option: where another address is chosen, such as `--listen`.
  static func cannotListen(_ purpose: String = "", at address: String, option: String, _ error: any Error)
    -> DaemonError
  {
    let number = (error as? IOError)?.errnoCode
    let choice = "choose another address with \(option)"
    let why =
      switch number {
      case EADDRINUSE: "another process listens there already; stop it, or \(choice)"
      case EADDRNOTAVAIL: "this machine has no such address; \(choice)"
      case EACCES, EPERM: "this user may not (a port below 1024, or a folder that is not its own); \(choice)"
      case let number?: "\(String(cString: strerror(number))); \(choice)"
      case nil where error is SocketAddressError || error is SocketAddressError.UnknownHost:
        "the name of the host has no address; \(choice)"
      case nil: "\(error); \(choice)"
      }
    return DaemonError(
      number == EADDRINUSE ? .addressInUse : .cannotListen, "cannot listen\(purpose) at \(address): \(why)")
  }
}
