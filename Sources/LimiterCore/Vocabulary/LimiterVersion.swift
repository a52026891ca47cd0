/// What all programs say of themselves.
package enum LimiterVersion {
  package static let text = "0.1.0"
}
