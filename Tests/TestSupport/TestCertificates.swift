import Foundation
package import PrivateRedis

/// An authority of our own, a server's certificate for 127.0.0.1 and localhost, and a client's; valid for a day, made by `openssl`.
package struct TestCertificates: Sendable {
  /// The files stand here and go away with it.
  package let directory: GuardedDirectory

  package var authorityFile: String { directory.path + "/authority.pem" }
  package var serverCertificateFile: String { directory.path + "/server.pem" }
  package var serverKeyFile: String { directory.path + "/server.key" }
  package var clientCertificateFile: String { directory.path + "/client.pem" }
  package var clientKeyFile: String { directory.path + "/client.key" }

  // Made once, when first needed: openssl takes some tens of milliseconds a key.
  private static let making = Task { try await make() }

  /// The certificates of this test process.
  package static var shared: TestCertificates {
    get async throws { try await making.value }
  }

  /// Certificates of an authority that nobody else trusts.
  package static func make() async throws -> TestCertificates {
    let certificates = TestCertificates(directory: try GuardedDirectory(named: "certificates"))
    let folder = certificates.directory.path
    try await openssl(
      folder,
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        + ["-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=limiterd test authority"])
    try await sign(
      folder, name: "server", subject: "/CN=localhost", extensions: "subjectAltName=DNS:localhost,IP:127.0.0.1")
    try await sign(
      folder, name: "client", subject: "/CN=limiterd test client", extensions: "extendedKeyUsage=clientAuth")
    return certificates
  }

  /// What a server needs of them.
  package func tls(clientCertificates: PrivateRedisTLS.ClientCertificates = .ignored) -> PrivateRedisTLS {
    PrivateRedisTLS(
      certificateFile: serverCertificateFile, keyFile: serverKeyFile, authorityFile: authorityFile,
      clientCertificates: clientCertificates)
  }

  private static func sign(_ folder: String, name: String, subject: String, extensions: String) async throws {
    try await openssl(
      folder,
      ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject]
        + ["-keyout", "\(name).key", "-out", "\(name).csr"])
    try Data(extensions.utf8).write(to: URL(filePath: "\(folder)/\(name).ext"))
    try await openssl(
      folder,
      ["x509", "-req", "-in", "\(name).csr", "-days", "1", "-extfile", "\(name).ext", "-out", "\(name).pem"]
        + ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"])
  }

  private static func openssl(_ folder: String, _ arguments: [String]) async throws {
    try await runCommand("openssl", arguments, in: folder)
  }
}
