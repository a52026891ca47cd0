/// How a TLS connection is made. The server's certificate is always verified.
public struct RedisTLS: Sendable, Hashable {
  /// A PEM file with the certificates of the authorities we trust; `nil`: those of the system.
  public var caFile: String?
  /// A PEM file with our own certificate chain, for servers with `tls-auth-clients yes`.
  public var certificateFile: String?
  /// The PEM file of its private key; needed with ``certificateFile``.
  public var privateKeyFile: String?
  /// The name that the server's certificate must carry; `nil`: the host of the address. A certificate for the IP address that
  /// we are connected to is accepted as well.
  public var serverName: String?

  /// - Parameters:
  ///   - caFile: Our own certificate authorities instead of the system's (PEM).
  ///   - certificateFile: Our own certificate chain (PEM).
  ///   - privateKeyFile: Its private key (PEM).
  ///   - serverName: The name to expect in the server's certificate, when it isn't the host's.
  public init(
    caFile: String? = nil, certificateFile: String? = nil, privateKeyFile: String? = nil, serverName: String? = nil
  ) {
    self.caFile = caFile
    self.certificateFile = certificateFile
    self.privateKeyFile = privateKeyFile
    self.serverName = serverName
  }
}
