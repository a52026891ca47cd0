/// A password that is not where the configuration says it stands; its text shows nothing of what stands there.
package struct SecretError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
