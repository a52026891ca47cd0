import Foundation

/// Passwords from where the configuration says they stand.
package enum SecretReader {
  private static let longest = 4_096

  /// - Parameter section: of the policy's file, for messages.
  package static func read(_ source: ServerOptions.Secret, for section: String) throws(SecretError) -> String {
    switch source {
    case .environment(let name):
      guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
        throw SecretError(
          "\(section).password_env: expected a password in the environment variable \(name), it is not set")
      }
      return value
    case .file(let path):
      guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: longest + 1),
        data.count <= longest,
        let line = String(data: data, encoding: .utf8)?.split(whereSeparator: \.isNewline).first
      else {
        throw SecretError(
          "\(section).password_file: expected a readable file whose first line is the password, found none at \(path)")
      }
      return String(line)
    }
  }
}
