/// The files of a TLS port, PEM each.
package struct PrivateRedisTLS: Sendable {
  /// Whether a client must show a certificate of its own.
  package enum ClientCertificates: String, Sendable { case ignored = "no", optional, required = "yes" }

  package var port: PrivateRedisConfiguration.Port
  package var certificateFile: String
  package var keyFile: String
  /// The authority that clients' certificates are checked against.
  package var authorityFile: String
  package var clientCertificates: ClientCertificates

  package init(
    port: PrivateRedisConfiguration.Port = .free,
    certificateFile: String, keyFile: String, authorityFile: String,
    clientCertificates: ClientCertificates = .ignored
  ) {
    self.port = port
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.authorityFile = authorityFile
    self.clientCertificates = clientCertificates
  }
}
