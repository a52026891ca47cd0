import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What NIO says about a failed connect or a dying channel, in the words of somebody who wants to fix it.
enum ConnectError {
  static func translate(_ error: any Error, _ configuration: RedisConfiguration) -> RedisError {
    if let error = error as? RedisError { return error }
    // The other side just hung up: what a plain Redis does with TLS, and a TLS port without it.
    if case NIOSSLError.uncleanShutdown = error { return closed(configuration, cause: error) }
    if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
      return tlsError(error, configuration.address)
    }
    if let error = error as? NIOConnectionError { return connectionError(error, configuration) }
    if case ChannelError.connectTimeout = error { return timeout(configuration, cause: error) }
    if let error = error as? IOError { return systemError(error, configuration) }
    return RedisError(.connectFailed, "No connection to \(configuration.address).", outcome: .notSent, cause: error)
  }

  /// Nothing, or not enough, came within `connectTimeout`.
  static func timeout(_ configuration: RedisConfiguration, cause: (any Error)? = nil) -> RedisError {
    RedisError(
      .connectFailed,
      "\(configuration.address) did not answer within the connect timeout: a firewall, a stopped host, or an overloaded "
        + "Redis.\(silenceHint(configuration))",
      outcome: .notSent, cause: cause)
  }

  /// Nobody has heard of an attempt's end yet, and the time of somebody who waited for it is over.
  static func noConnectionYet(_ configuration: RedisConfiguration) -> RedisError {
    RedisError(
      .timeout,
      "There was no connection to \(configuration.address) within the command's time.\(silenceHint(configuration))",
      outcome: .notSent)
  }

  /// A Redis without TLS takes our greeting for a command that has not ended, and says nothing.
  private static func silenceHint(_ configuration: RedisConfiguration) -> String {
    configuration.tls == nil ? "" : " Perhaps this port does not speak TLS: then the URL begins with redis://."
  }

  /// The connection was made, and ended before Redis had answered the handshake.
  static func closed(_ configuration: RedisConfiguration, cause: (any Error)? = nil) -> RedisError {
    let hint =
      configuration.tls == nil
      ? "Does this port want TLS (rediss://)?"
      : "Does it want a client certificate (`cert` and `key`), or no TLS at all (redis://)?"
    return RedisError(
      .connectionLost, "\(configuration.address) closed the connection during the handshake. \(hint)",
      outcome: .notSent, cause: cause)
  }

  private static func connectionError(_ error: NIOConnectionError, _ configuration: RedisConfiguration) -> RedisError {
    // Several addresses may have failed in several ways; the refusal is the one that tells most.
    let failures = error.connectionErrors.map { translate($0.error, configuration) }
    if let first = failures.first(where: { $0.code == .noServer }) ?? failures.first { return first }
    return RedisError(
      .hostNotFound, "The host \(error.host) has no address. Check the name in the URL and the resolver of this host.",
      outcome: .notSent, cause: error.dnsAError ?? error.dnsAAAAError)
  }

  private static func systemError(_ error: IOError, _ configuration: RedisConfiguration) -> RedisError {
    let address = configuration.address
    switch error.errnoCode {
    case ECONNRESET, EPIPE:
      return closed(configuration, cause: error)
    case ECONNREFUSED, ENOENT:
      let what = error.errnoCode == ENOENT ? "There is no such socket" : "Nobody listens there"
      return RedisError(
        .noServer,
        "No \(configuration.serverName) at \(address): \(what). \(configuration.howToStart)",
        outcome: .notSent, cause: error)
    case EACCES, EPERM:
      return RedisError(
        .connectFailed, "This user may not open \(address). Check the socket's rights (unixsocketperm) and group.",
        outcome: .notSent, cause: error)
    case EHOSTUNREACH, ENETUNREACH:
      return RedisError(.connectFailed, "No route to \(address).", outcome: .notSent, cause: error)
    default:
      return RedisError(.connectFailed, "No connection to \(address).", outcome: .notSent, cause: error)
    }
  }

  private static func tlsError(_ error: any Error, _ address: RedisAddress) -> RedisError {
    RedisError(
      .tls,
      "TLS with \(address) failed. Check that this port speaks TLS, that `ca` names the authority that signed the server's "
        + "certificate, that the certificate carries the host's name (or `servername`), has not expired, and, if the server "
        + "wants a client certificate, `cert` and `key`.",
      outcome: .notSent, cause: error)
  }
}
